namespace Topology;

/// <summary>A connection string that a process is given.</summary>
/// <param name="Name">By which the process reads it.</param>
/// <param name="Role">One of <see cref="DatabaseRoles"/>.</param>
/// <param name="Target">The servers that it names.</param>
public sealed record Connection(string Name, string Database, string Role, ConnectionTarget Target = ConnectionTarget.Both);

public enum ConnectionTarget
{
    /// <summary>Clients look for the one that is the primary, and find it again after a promotion.</summary>
    Both,
    Primary,
    Replica,
}

/// <summary>What connects where, and as whom.</summary>
public static class Connections
{
    /// <summary>It runs while the replica starts, which logs an error for each client that comes too early.</summary>
    public static IReadOnlyList<Connection> OfMigrator { get; } =
    [
        .. ResourceNames.Databases.Select(
            database => new Connection(database, database, DatabaseRoles.Owner, ConnectionTarget.Primary)),
    ];

    /// <summary>Besides the one to Redis.</summary>
    public static IReadOnlyList<Connection> OfApi { get; } =
    [
        .. ResourceNames.Databases.SelectMany(database => new Connection[]
        {
            new(database, database, DatabaseRoles.ReadWrite),
            new(ResourceNames.ReplicaOf(database), database, DatabaseRoles.ReadOnly, ConnectionTarget.Replica),
            new(ResourceNames.WorkerOf(database), database, DatabaseRoles.Worker),
        }),
    ];
}
