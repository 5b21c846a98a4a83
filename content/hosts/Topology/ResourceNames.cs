namespace Topology;

/// <summary>Names of what runs. A database's name is also the name of its connection string.</summary>
public static class ResourceNames
{
    public const string Primary = "postgres";
    public const string Replica = "postgres-replica";
    public const string Redis = "redis";

    /// <summary>Under which the replica is known to the primary: its application name and its slot (roles.sql).</summary>
    public const string ReplicaSlot = "replica";

    public const string Migrator = "migrator";
    public const string Api = "api";

    /// <summary>The database that knows which shard holds which bucket.</summary>
    public const string Directory = "directory";

    /// <summary>Databases that hold the users' rows. The order is the order in which buckets are dealt out.</summary>
    public static IReadOnlyList<string> Shards { get; } = ["shard0", "shard1"];

    public static IReadOnlyList<string> Databases { get; } = [Directory, .. Shards];

    /// <summary>Name of the connection string that reaches <paramref name="database"/> on its replica.</summary>
    public static string ReplicaOf(string database) => $"{database}-replica";

    /// <summary>
    /// Name of the connection string by which background work reaches <paramref name="database"/> on its primary.
    /// </summary>
    public static string WorkerOf(string database) => $"{database}-worker";
}
