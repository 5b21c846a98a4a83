using System.Text.RegularExpressions;

namespace Platform.Common;

/// <summary>
/// Names of the databases, which are the names of their connection strings: <c>directory</c>, <c>shard0</c>,
/// <c>shard1</c>, … on the primary, the same with <c>-replica</c> on the replica, with <c>-replica-2</c> and so on if there are
/// more, and with <c>-worker</c> for background work on the primary. A shard or a replica is added by configuring it.
/// </summary>
public sealed partial class DatabaseNames
{
    public const string Directory = "directory";

    private readonly string[] _further;

    private DatabaseNames(IReadOnlyList<string> shards, string[] further) => (Shards, _further) = (shards, further);

    /// <summary>In the order of their numbers.</summary>
    public IReadOnlyList<string> Shards { get; }

    public IEnumerable<string> Primaries => [Directory, .. Shards];

    public IEnumerable<string> Replicas => Primaries.SelectMany(ReplicasOf);

    /// <summary>The shards' primaries once more, for background work.</summary>
    public IEnumerable<string> Workers => Shards.Select(WorkerOf);

    /// <summary>The database on each of its replicas.</summary>
    public IEnumerable<string> ReplicasOf(string database) =>
        [ReplicaOf(database), .. _further.Where(name => name.StartsWith($"{ReplicaOf(database)}-", StringComparison.Ordinal))];

    /// <summary>The database on its first replica.</summary>
    public static string ReplicaOf(string database) => $"{database}-replica";

    public static string WorkerOf(string database) => $"{database}-worker";

    public static bool IsReplica(string name) => name.Contains("-replica", StringComparison.Ordinal);

    public static bool IsWorker(string name) => name.EndsWith("-worker", StringComparison.Ordinal);

    /// <exception cref="InvalidOperationException">No shard is configured.</exception>
    public static DatabaseNames From(IConfiguration configuration)
    {
        var names = configuration.GetSection("ConnectionStrings").GetChildren()
            .Select(child => child.Key.ToLowerInvariant())
            .OrderBy(key => key.Length).ThenBy(key => key, StringComparer.Ordinal)
            .ToArray();
        var shards = names.Where(name => ShardName().IsMatch(name)).ToArray();
        return shards.Length > 0 && configuration.GetConnectionString(Directory) is not null
            ? new DatabaseNames(shards, [.. names.Where(name => FurtherReplicaName().IsMatch(name))])
            : throw new InvalidOperationException(
                "No databases are configured: connection strings 'directory' and 'shard0' are missing. " +
                "Start the service by its AppHost or LocalHost, or set ConnectionStrings__directory and so on.");
    }

    [GeneratedRegex("^shard[0-9]+$")]
    private static partial Regex ShardName();

    [GeneratedRegex("-replica-[0-9]+$")]
    private static partial Regex FurtherReplicaName();
}

public static class ConnectionStrings
{
    /// <exception cref="InvalidOperationException">It is not configured.</exception>
    public static string RequiredConnectionString(this IConfiguration configuration, string name) =>
        configuration.GetConnectionString(name)
        ?? throw new InvalidOperationException($"Connection string '{name}' is missing: set ConnectionStrings__{name}.");
}
