namespace LocalHost;

public sealed record LocalTopologyOptions
{
    /// <summary>Directory for data, certificates and secrets; created if need be.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Deletes what an earlier run left in <see cref="DataDirectory"/> first.</summary>
    public bool Reset { get; init; }

    /// <summary>TCP port on loopback; 0 for any that is free.</summary>
    public int PrimaryPort { get; init; } = LocalPorts.Primary;

    /// <inheritdoc cref="PrimaryPort"/>
    public int ReplicaPort { get; init; } = LocalPorts.Replica;

    /// <inheritdoc cref="PrimaryPort"/>
    public int RedisPort { get; init; } = LocalPorts.Redis;

    /// <summary>The same of the API, which starts after the servers; null when it does not start.</summary>
    public int? ApiPort { get; init; }

    /// <summary>False, for tests: PostgreSQL does not flush to disk, so a power cut may destroy the data.</summary>
    public bool Durable { get; init; } = true;

    /// <summary>
    /// The primary acknowledges a commit only when the replica has it, so that nothing acknowledged is lost by promoting
    /// the replica. While the replica is away, writes wait.
    /// </summary>
    public bool SynchronousReplica { get; init; }

    /// <summary>What needs the primary alone, such as migrations: done while the replica starts, and part of the start.</summary>
    public Func<LocalTopology, CancellationToken, Task> OnPrimary { get; init; } = static (_, _) => Task.CompletedTask;

    /// <summary>Gets the name of a part and a line that it printed, from several threads.</summary>
    public Action<string, string> Log { get; init; } = static (_, _) => { };

    /// <summary>Servers for a test run: free ports, nothing flushed to disk.</summary>
    public static LocalTopologyOptions ForTests(string dataDirectory) =>
        new() { DataDirectory = dataDirectory, PrimaryPort = 0, ReplicaPort = 0, RedisPort = 0, Durable = false };
}
