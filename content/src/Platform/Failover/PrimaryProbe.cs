using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Platform.Common;

namespace Platform.Failover;

/// <summary>
/// Asks every server that may be a primary for its timeline, again and again, so that an instance learns of a promotion
/// while all its connections lead to the old primary, or while it has none. Also has the primary announce its timeline.
/// </summary>
internal sealed partial class PrimaryProbe(
    DatabaseNames names, PrimaryTimelines timelines, PrimarySources sources, IConfiguration configuration,
    ILogger<PrimaryProbe> logger) : BackgroundService
{
    [Sql]
    private const string AnnounceSql = "SELECT announce_timeline()";

    private readonly TimeSpan _interval =
        TimeSpan.FromMilliseconds(configuration.GetValue("Failover:ProbeMilliseconds", defaultValue: 300));

    /// <summary>Requests come in when the primaries are known, or when nobody answers.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(timelines.All.Select(servers => servers.AskedAllAsync())).WaitAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        from servers in timelines.All
        from host in servers.Hosts
        select WatchAsync(servers, host, stoppingToken));

    private Task WatchAsync(PrimaryServers servers, string host, CancellationToken cancellationToken)
    {
        var announced = 0;
        return ServerProbe.RunAsync(
            servers.Probe(host),
            async connection =>
            {
                var seen = await PrimaryServers.AskAsync(connection, cancellationToken);
                servers.Observe(host, seen);
                return Describe(seen, servers.Known);
            },
            async (state, isNews) =>
            {
                if (servers.TakePromotion())
                {
                    sources.DropConnections(servers);
                }

                if (isNews)
                {
                    LogState(host, state);
                }

                var known = servers.Known;
                if (known.Host == host && known.Timeline > announced && await TryAnnounceAsync(servers, host, cancellationToken))
                {
                    announced = known.Timeline;
                }

                // Instances that were started together do not ask together.
                await Task.Delay(_interval * (0.8 + (Random.Shared.NextDouble() * 0.4)), cancellationToken);
            },
            cancellationToken);
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

    [LoggerMessage(LogLevel.Debug, "The timeline of {Host} is not announced yet.")]
    private partial void LogNotAnnounced(Exception exception, string host);
}
