namespace Topology;

/// <summary>A connection string that a process is given.</summary>
/// <param name="Name">By which the process reads it.</param>
/// <param name="Role">One of <see cref="DatabaseRoles"/>.</param>
/// <param name="OnReplica">On the replica; otherwise on whichever server is the primary.</param>
public sealed record Connection(string Name, string Database, string Role, bool OnReplica = false);

/// <summary>What connects where, and as whom.</summary>
public static class Connections
{
    public static IReadOnlyList<Connection> OfMigrator { get; } =
        [.. ResourceNames.Databases.Select(database => new Connection(database, database, DatabaseRoles.Owner))];

    /// <summary>Besides the one to Redis.</summary>
    public static IReadOnlyList<Connection> OfApi { get; } =
    [
        .. ResourceNames.Databases.SelectMany(database => new Connection[]
        {
            new(database, database, DatabaseRoles.ReadWrite),
            new(ResourceNames.ReplicaOf(database), database, DatabaseRoles.ReadOnly, OnReplica: true),
            new(ResourceNames.WorkerOf(database), database, DatabaseRoles.Worker),
        }),
    ];
}
