using System.ComponentModel.DataAnnotations;

namespace Platform.Common;

/// <summary>A connection pooler between the service and its servers, such as PgBouncer.</summary>
public enum Pooler
{
    /// <summary>A connection that leads to one is refused.</summary>
    None,

    /// <summary>It gives each transaction a session, and knows nothing of prepared statements: none are prepared.</summary>
    Plain,

    /// <summary>It keeps track of prepared statements (PgBouncer's <c>max_prepared_statements</c>).</summary>
    Prepared,
}

/// <summary>
/// Pools of an instance. They are as large as the turns that use them, so that a request waits for its turn and not in a pool.
/// </summary>
public sealed class PostgresOptions
{
    public const string Section = "Postgres";

    /// <summary>
    /// Connections to each shard's primary: for <c>RateLimits:Writes</c>, <c>ReadReplicas:PrimaryReads</c> and two event streams.
    /// </summary>
    [Range(1, 10_000)]
    public int MaxPoolSize { get; init; } = 12;

    /// <summary>Connections to each shard on each replica: for <c>RateLimits:Reads</c>.</summary>
    [Range(1, 10_000)]
    public int ReplicaPoolSize { get; init; } = 7;

    /// <summary>Connections to each shard's primary for background work: for <c>Sagas:Workers</c>, LISTEN and two more.</summary>
    [Range(2, 10_000)]
    public int WorkerPoolSize { get; init; } = 6;

    /// <summary>
    /// Connections to the directory, on its primary and on each replica. It is asked seldom, and its answers are cached.
    /// </summary>
    [Range(1, 10_000)]
    public int DirectoryPoolSize { get; init; } = 3;

    /// <summary>What the pools and probes may come to. The instance does not start with more.</summary>
    [Range(1, 1_000_000)]
    public int MaxConnections { get; init; } = 90;

    /// <summary>Seconds to get a connection.</summary>
    [Range(1, 3_600)]
    public int Timeout { get; init; } = 5;

    /// <summary>Seconds that a statement may take on a primary.</summary>
    [Range(1, 3_600)]
    public int CommandTimeout { get; init; } = 10;

    /// <summary>Seconds of silence after which a server is asked whether it is there.</summary>
    [Range(1, 86_400)]
    public int TcpKeepAliveTime { get; init; } = 15;

    /// <summary>Seconds between these questions.</summary>
    [Range(1, 86_400)]
    public int TcpKeepAliveInterval { get; init; } = 5;

    /// <summary>Whether requests go through a pooler. Background work and the Migrator never do.</summary>
    public Pooler Pooler { get; init; }

    public static Pooler PoolerOf(IConfiguration configuration) => configuration.GetValue<Pooler>($"{Section}:{nameof(Pooler)}");

    /// <param name="name">Name of a connection string.</param>
    public int PoolSizeOf(string name) =>
        name.StartsWith(DatabaseNames.Directory, StringComparison.Ordinal) ? DirectoryPoolSize
        : DatabaseNames.IsReplica(name) ? ReplicaPoolSize
        : DatabaseNames.IsWorker(name) ? WorkerPoolSize
        : MaxPoolSize;

    /// <summary>Sets them, whatever the connection string says.</summary>
    public void ApplyTo(NpgsqlConnectionStringBuilder settings, string name)
    {
        settings.MaxPoolSize = PoolSizeOf(name);
        settings.Timeout = Timeout;
        settings.CommandTimeout = CommandTimeout;
        settings.TcpKeepAlive = true;
        settings.TcpKeepAliveTime = TcpKeepAliveTime;
        settings.TcpKeepAliveInterval = TcpKeepAliveInterval;

        // What a session has been told of its server must stay; and statements are prepared on purpose by PreparedStatements.
        settings.NoResetOnClose = true;
        settings.MaxAutoPrepare = 0;
    }
}
