using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Infrastructure.Persistence;

/// <summary>
/// Asks every server that may be a primary for its timeline, as often as <see cref="ProbePace"/> says, so that an instance
/// learns of a promotion while all its connections lead to the old primary, or while it has none. Also has the primary announce
/// its timeline.
/// </summary>
internal sealed partial class PrimaryProbe(
    DatabaseNames names, PrimaryTimelines timelines, PrimarySources sources, IConfiguration configuration,
    ILogger<PrimaryProbe> logger)
    : PollingWorker<PrimaryProbe.Server>(
        from servers in timelines.All from host in servers.Hosts select new Server(servers, host), s_second, s_second)
{
    [Sql]
    private const string AnnounceSql = "SELECT announce_timeline()";

    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    private readonly TimeSpan _interval =
        TimeSpan.FromMilliseconds(configuration.GetValue("Failover:ProbeMilliseconds", defaultValue: 300));

    /// <summary>Requests come in when the primaries are known, or when nobody answers.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(timelines.All.Select(servers => servers.AskedAllAsync())).WaitAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task<TimeSpan> PollAsync(Server server, CancellationToken stopping)
    {
        var (servers, host) = (server.Servers, server.Host);
        var (state, isNews, _) = await server.Probe.AskAsync(
            async connection =>
            {
                var seen = await PrimaryServers.AskAsync(connection, stopping);
                servers.Observe(host, seen);
                return Describe(seen, servers.Known);
            },
            stopping);
        if (servers.TakePromotion())
        {
            sources.DropConnections(servers);
        }

        if (isNews)
        {
            LogState(host, state);
        }

        var known = servers.Known;
        if (known.Host == host && known.Timeline > server.Announced && await TryAnnounceAsync(servers, host, stopping))
        {
            server.Announced = known.Timeline;
        }

        return _interval;
    }

    protected override Task PauseAsync(Server server, TimeSpan pause, CancellationToken stopping) =>
        server.Servers.PaceOf(server.Host).AnsweredAsync(TimeSpan.Zero, pause, stopping);

    protected override void Failed(Server server, Exception exception, int failures) => LogFailed(exception, server.Host);

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
        catch (Exception exception) when (PrimaryServers.IsNoAnswer(exception))
        {
            LogNotAnnounced(exception, host);
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

    [LoggerMessage(LogLevel.Information, "PostgreSQL server {Host} {State}.")]
    private partial void LogState(string host, string state);

    [LoggerMessage(LogLevel.Warning, "PostgreSQL server {Host} could not be asked for its timeline.")]
    private partial void LogFailed(Exception exception, string host);

    [LoggerMessage(LogLevel.Debug, "The timeline of {Host} is not announced yet.")]
    private partial void LogNotAnnounced(Exception exception, string host);

    internal sealed class Server(PrimaryServers servers, string host) : IAsyncDisposable
    {
        public PrimaryServers Servers => servers;

        public string Host => host;

        public ServerProbe Probe { get; } = new(servers.Probe(host));

        /// <summary>The timeline that it has written into its log; 0 before the first.</summary>
        public int Announced { get; set; }

        public ValueTask DisposeAsync() => Probe.DisposeAsync();
    }
}
