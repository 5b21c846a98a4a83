namespace Platform.Failover;

/// <summary>
/// Asks every server that may be a primary for its timeline, as often as <see cref="ProbePace"/> says, so that an instance
/// learns of a promotion while all its connections lead to the old primary, or while it has none. Also has the primary announce
/// its timeline.
/// </summary>
internal sealed partial class PrimaryProbe(
    DatabaseNames names, PrimaryTimelines timelines, DataSources sources, IConfiguration configuration,
    ILogger<PrimaryProbe> logger)
    : ServerProbe<PrimaryServers>(
        from servers in timelines.All
        from host in servers.Hosts
        select new ProbedServer<PrimaryServers>(servers, host, servers.PaceOf(host), servers.Probe(host)),
        shortest: TimeSpan.Zero,
        quick: TimeSpan.FromMilliseconds(configuration.GetValue("Failover:ProbeMilliseconds", defaultValue: 300)),
        logger)
{
    [Sql]
    private const string AnnounceSql = "SELECT announce_timeline()";

    /// <summary>The primaries that have written their timeline into their log.</summary>
    private readonly ConcurrentDictionary<PrimaryServers, KnownPrimary> _announced = new();

    /// <summary>Requests come in when the primaries are known, or when nobody answers.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(timelines.All.Select(servers => servers.AskedAllAsync())).WaitAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task<(string State, bool IsFine)> AskAsync(
        ProbedServer<PrimaryServers> server, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var (servers, host) = (server.Server, server.Name);
        var seen = await ServerState.AskAsync(connection, cancellationToken);
        servers.Observe(host, seen);
        if (servers.TakePromotion())
        {
            sources.DropConnections(servers);
        }

        var known = servers.Known;
        if (known.Host == host && known != _announced.GetValueOrDefault(servers)
            && await TryAnnounceAsync(servers, host, cancellationToken))
        {
            _announced[servers] = known;
        }

        return (Describe(seen, known), IsFine: true);
    }

    /// <summary>
    /// Has a primary write its timeline into its log, for replicas. Until it is there, none is known to follow this primary, and
    /// reads go to the primary.
    /// </summary>
    private async Task<bool> TryAnnounceAsync(PrimaryServers servers, string host, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var database in names.Primaries.Intersect(servers.Databases))
            {
                await using var source = PrimaryServers.ProbeOf(
                    configuration.GetConnectionString(database)!, "primary-probe", settings => settings.Host = host);
                await using var command = source.CreateCommand(AnnounceSql);
                await command.ExecuteNonQueryAsync(cancellationToken);
            }

            return true;
        }
        catch (Exception exception) when (DatabaseErrors.IsNoAnswer(exception))
        {
            LogNotAnnounced(Logger, exception, host);
            return false;
        }
    }

    private static string Describe(ServerState seen, KnownPrimary known) => seen.Timeline switch
    {
        0 => "is in recovery",
        _ when seen.Cluster != known.Cluster => "is of another cluster than the primary, and gets no writes",
        _ when seen.Timeline < known.Timeline => $"is an old primary on timeline {seen.Timeline}, and gets no writes",
        _ => $"is the primary on timeline {seen.Timeline}",
    };

    [LoggerMessage(LogLevel.Debug, "The timeline of {Host} is not announced yet.")]
    private static partial void LogNotAnnounced(ILogger logger, Exception exception, string host);
}
