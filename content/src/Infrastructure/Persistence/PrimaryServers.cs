using System.Diagnostics;
using System.Net.Sockets;
using Npgsql;
using NpgsqlTypes;

namespace Infrastructure.Persistence;

/// <summary>
/// The servers that one or more connection strings name for their primary, and what this process has seen of them. All
/// databases of the same servers share it, since a promotion is about a server.
/// </summary>
internal sealed class PrimaryServers
{
    /// <summary>
    /// A server's timeline, 0 for one that is in recovery and takes no writes, and how far its log is flushed.
    /// </summary>
    /// <remarks>
    /// <c>pg_control_checkpoint()</c> would tell the old timeline until the first checkpoint after a promotion.
    /// </remarks>
    [Sql(Columns = [typeof(int), typeof(NpgsqlLogSequenceNumber)])]
    private const string StateSql = """
        SELECT CASE WHEN pg_is_in_recovery() THEN 0
                    ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int
               END,
               CASE WHEN pg_is_in_recovery() THEN '0/0' ELSE pg_current_wal_flush_lsn() END
        """;

    /// <summary>Flushed positions of the primary and when each was first seen, oldest first: some of the last ones.</summary>
    private const int MaxPositions = 128;

    private readonly string _connectionString;
    private readonly Lazy<Task> _askedAll;
    private readonly Queue<(ulong Lsn, long At)> _positions = [];
    private long _lastPosition;
    private int _highest;
    private int _promoted;
    private volatile string _primary;

    public PrimaryServers(string connectionString)
    {
        _connectionString = connectionString;
        Hosts = HostsOf(connectionString);
        _primary = Hosts[0];
        _askedAll = new(() => Task.WhenAll(Hosts.Select(AskOnceAsync)));
    }

    /// <summary>Each as host:port, in the order of the connection string.</summary>
    public IReadOnlyList<string> Hosts { get; }

    /// <summary>Connection strings that name these servers.</summary>
    public List<string> Databases { get; } = [];

    /// <summary>0 as long as none was seen.</summary>
    public int Highest => Volatile.Read(ref _highest);

    /// <summary>The one of <see cref="Hosts"/> that was the primary when it was last asked; the first before any was.</summary>
    public string Primary => _primary;

    public static string[] HostsOf(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        return [.. (settings.Host ?? "").Split(',', StringSplitOptions.TrimEntries)
            .Select(host => host.Contains(':', StringComparison.Ordinal) || host.StartsWith('/') ? host : $"{host}:{settings.Port}")];
    }

    /// <summary>
    /// Completes when each server has answered once, or did not. Before that, nobody can know that the first one to answer
    /// is not an old primary.
    /// </summary>
    public Task AskedAllAsync() => _askedAll.Value;

    /// <summary>True for a primary whose timeline is not lower than one that was seen before.</summary>
    public bool Admits(int timeline)
    {
        Observe(timeline);
        return timeline > 0 && timeline >= Highest;
    }

    public void Observe(int timeline)
    {
        int known;
        do
        {
            known = Highest;
            if (timeline <= known)
            {
                return;
            }
        }
        while (Interlocked.CompareExchange(ref _highest, timeline, known) != known);

        if (known != 0)
        {
            _promoted = 1;
        }
    }

    /// <summary>Takes in what a server has answered.</summary>
    public void Observe(string host, int timeline, ulong lsn)
    {
        if (!Admits(timeline))
        {
            return;
        }

        _primary = host;
        lock (_positions)
        {
            _lastPosition = Stopwatch.GetTimestamp();
            if (_positions.Count == 0 || _positions.Last().Lsn != lsn)
            {
                _positions.Enqueue((lsn, _lastPosition));
                if (_positions.Count > MaxPositions)
                {
                    _positions.Dequeue();
                }
            }
        }
    }

    /// <summary>
    /// For how long the primary had been past a position when it last answered. Zero when it was not, or never answered.
    /// </summary>
    public TimeSpan LagOf(ulong lsn)
    {
        lock (_positions)
        {
            foreach (var position in _positions)
            {
                if (position.Lsn > lsn)
                {
                    return Stopwatch.GetElapsedTime(position.At, _lastPosition);
                }
            }

            return TimeSpan.Zero;
        }
    }

    /// <summary>True once after each promotion: connections that are open may lead to the old primary.</summary>
    public bool TakePromotion() => Interlocked.Exchange(ref _promoted, 0) == 1;

    public NpgsqlDataSource Probe(string host) => ProbeOf(_connectionString, "primary-probe", settings => settings.Host = host);

    /// <summary>
    /// A connection of its own, outside all pools, so that it is not kept waiting by requests. It gives up soon and is not
    /// traced.
    /// </summary>
    public static NpgsqlDataSource ProbeOf(string connectionString, string name, Action<NpgsqlConnectionStringBuilder> settings)
    {
        var source = new NpgsqlDataSourceBuilder(connectionString);
        source.ConnectionStringBuilder.Pooling = false;
        source.ConnectionStringBuilder.Timeout = 2;
        source.ConnectionStringBuilder.CommandTimeout = 2;
        source.ConnectionStringBuilder.CancellationTimeout = -1;
        source.ConnectionStringBuilder.ApplicationName = name;
        settings(source.ConnectionStringBuilder);
        source.ConfigureTracing(tracing => tracing.ConfigureCommandFilter(_ => false).EnablePhysicalOpenTracing(false));
        return source.Build();
    }

    public static async Task<(int Timeline, ulong Lsn)> AskAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(StateSql, connection);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return (row.GetInt32(0), (ulong)row.GetFieldValue<NpgsqlLogSequenceNumber>(1));
    }

    public static bool IsNoAnswer(Exception exception) =>
        exception is NpgsqlException or SocketException or TimeoutException or IOException;

    private async Task AskOnceAsync(string host)
    {
        try
        {
            await using var source = Probe(host);
            await using var connection = await source.OpenConnectionAsync();
            var (timeline, lsn) = await AskAsync(connection, CancellationToken.None);
            Observe(host, timeline, lsn);
        }
        catch (Exception exception) when (IsNoAnswer(exception))
        {
            // The probe goes on asking.
        }
    }
}
