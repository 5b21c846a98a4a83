using System.Diagnostics;

namespace Platform.Failover;

/// <summary>
/// The servers that one or more connection strings name for their primary, and what this process has seen of them. All
/// databases of the same servers share it, since a promotion is about a server.
/// </summary>
internal sealed class PrimaryServers
{
    /// <summary>How long a timeline may be known elsewhere and not here: the probes have asked every server by then.</summary>
    private static readonly TimeSpan UnknownFor = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Flushed positions of the primary and since when it may have been there, oldest first: some of the last ones. That is
    /// when each was first seen, or after a longer pause when the one before was last seen.
    /// </summary>
    private const int MaxPositions = 128;

    private static readonly TimeSpan LongerPause = TimeSpan.FromSeconds(1);

    private readonly string _connectionString;
    private readonly bool _admitsPooler;
    private readonly Lazy<Task> _askedAll;
    private readonly Lock _gate = new();
    private readonly Queue<(ulong Lsn, long At)> _positions = [];
    private volatile KnownPrimary _known;
    private readonly Dictionary<(long Cluster, int Timeline), long> _unknown = [];
    private readonly string[] _hosts;
    private readonly ProbePace[] _paces;
    private long _lastPosition;
    private int _promoted;

    public PrimaryServers(string connectionString, bool admitsPooler = false)
    {
        (_connectionString, _admitsPooler) = (connectionString, admitsPooler);
        _hosts = HostsOf(connectionString);
        _paces = [.. _hosts.Select(_ => new ProbePace())];
        _known = new(Hosts[0], Cluster: 0, Timeline: 0);
        _askedAll = new(() => Task.WhenAll(Hosts.Select(AskOnceAsync)));
    }

    /// <summary>Each as host:port, in the order of the connection string.</summary>
    public IReadOnlyList<string> Hosts => _hosts;

    /// <summary>Connection strings that name these servers.</summary>
    public List<string> Databases { get; } = [];

    /// <summary>The highest timeline of the cluster, and the server that was its primary when it was last asked.</summary>
    public KnownPrimary Known => _known;

    public static string[] HostsOf(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        return [.. (settings.Host ?? "").Split(',', StringSplitOptions.TrimEntries)
            .Select(host =>
                host.Contains(':', StringComparison.Ordinal) || host.StartsWith('/') ? host : $"{host}:{settings.Port}")];
    }

    /// <summary>
    /// Completes when each server has answered once, or did not. Before that, nobody can know that the first one to answer
    /// is not an old primary.
    /// </summary>
    public Task AskedAllAsync() => _askedAll.Value;

    public ProbePace PaceOf(string host) => _paces[Array.IndexOf(_hosts, host)];

    /// <inheritdoc cref="PrimaryTimelines.UsedAsync"/>
    public Task UsedAsync() => ProbePace.UsedAsync<ProbePace>(_paces, static pace => pace);

    /// <summary>True for a primary of the cluster whose timeline is not lower than one that was seen before.</summary>
    /// <remarks>
    /// A database may move to another cluster, by a restore or an upgrade. That is so when its primary's own address leads
    /// there; another server of another cluster gets no writes.
    /// </remarks>
    public bool Admits(string host, ServerState seen)
    {
        lock (_gate)
        {
            var isOther = _known.Cluster != 0 && _known.Cluster != seen.Cluster;
            if (seen.Timeline == 0 || (isOther ? host != _known.Host : seen.Timeline < _known.Timeline))
            {
                return false;
            }

            if (isOther || seen.Timeline > _known.Timeline)
            {
                Change(seen.Timeline);
            }

            _known = _known with { Cluster = seen.Cluster };
            return true;
        }
    }

    public void Observe(int timeline)
    {
        lock (_gate)
        {
            if (timeline > _known.Timeline)
            {
                Change(timeline);
            }
        }
    }

    public void Observe(string host, ServerState seen)
    {
        lock (_gate)
        {
            if (!Admits(host, seen))
            {
                return;
            }

            _known = _known with { Host = host };
            var before = _lastPosition;
            _lastPosition = Stopwatch.GetTimestamp();
            if (_positions.LastOrDefault().Lsn != seen.Lsn)
            {
                var wasAskedOften = _positions.Count == 0 || Stopwatch.GetElapsedTime(before, _lastPosition) < LongerPause;
                _positions.Enqueue((seen.Lsn, wasAskedOften ? _lastPosition : before));
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
        lock (_gate)
        {
            var passed = _positions.FirstOrDefault(position => position.Lsn > lsn, (Lsn: lsn, At: _lastPosition));
            return Stopwatch.GetElapsedTime(passed.At, _lastPosition);
        }
    }

    /// <summary>How far the primary was that long before it last answered; 0 when that is not known.</summary>
    public ulong PositionBefore(TimeSpan age)
    {
        lock (_gate)
        {
            return _positions.LastOrDefault(position => Stopwatch.GetElapsedTime(position.At, _lastPosition) >= age).Lsn;
        }
    }

    /// <summary>
    /// Whether a timeline or a cluster that is not known here is none of this database any more. Until all servers were asked
    /// again it may as well be one that is not known here yet.
    /// </summary>
    public bool IsLost(long cluster, int timeline)
    {
        lock (_gate)
        {
            var now = Stopwatch.GetTimestamp();
            _unknown.TryAdd((cluster, timeline), now);
            return Stopwatch.GetElapsedTime(_unknown[(cluster, timeline)], now) > UnknownFor;
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

    /// <summary>
    /// Behind a pooler LISTEN hears nothing, a lock of a session is anybody's, and a statement that was prepared may be another
    /// client's: all of that without an error.
    /// </summary>
    /// <exception cref="InvalidOperationException">A pooler was not declared, or background work goes through it.</exception>
    public void RefusePooler(ServerState seen)
    {
        if (seen.IsPooled && (!_admitsPooler || Databases.Exists(DatabaseNames.IsWorker)))
        {
            throw new InvalidOperationException(
                $"The connection strings {string.Join(", ", Databases)} lead to a connection pooler. Those of "
                + "background work and of the Migrator must lead to the server; for the others set Postgres:Pooler. "
                + "docs/operations.md says how.");
        }
    }

    private async Task AskOnceAsync(string host)
    {
        try
        {
            await using var source = Probe(host);
            await using var connection = await source.OpenConnectionAsync();
            var seen = await ServerState.AskAsync(connection, CancellationToken.None);
            RefusePooler(seen);
            Observe(host, seen);
        }
        catch (Exception exception) when (DatabaseErrors.IsNoAnswer(exception))
        {
            // The probe goes on asking.
        }
    }

    /// <summary>Another log begins: positions of the one before say nothing of it.</summary>
    private void Change(int timeline)
    {
        _positions.Clear();
        _promoted = _known.Timeline == 0 ? 0 : 1;
        _known = _known with { Timeline = timeline };
    }
}
