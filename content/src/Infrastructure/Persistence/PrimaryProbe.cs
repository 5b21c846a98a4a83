using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Infrastructure.Persistence;

/// <summary>
/// Asks every server that may be a primary for its timeline, again and again, so that an instance learns of a promotion
/// while all its connections lead to the old primary, or while it has none.
/// </summary>
internal sealed partial class PrimaryProbe(
    PrimaryTimelines timelines, PrimarySources sources, IConfiguration configuration, ILogger<PrimaryProbe> logger)
    : BackgroundService
{
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

    private async Task WatchAsync(PrimaryServers servers, string host, CancellationToken cancellationToken)
    {
        await using var source = servers.Probe(host);
        NpgsqlConnection? connection = null;
        var last = "";
        try
        {
            while (true)
            {
                string state;
                try
                {
                    connection ??= await source.OpenConnectionAsync(cancellationToken);
                    var seen = await PrimaryServers.AskAsync(connection, cancellationToken);
                    servers.Observe(host, seen);
                    state = Describe(seen, servers.Known);
                }
                catch (Exception exception) when (PrimaryServers.IsNoAnswer(exception))
                {
                    await (connection?.DisposeAsync() ?? default);
                    connection = null;
                    state = "does not answer";
                }

                if (servers.TakePromotion())
                {
                    sources.DropConnections(servers);
                }

                if (state != last)
                {
                    last = state;
                    LogState(host, state);
                }

                // Instances that were started together do not ask together.
                await Task.Delay(_interval * (0.8 + (Random.Shared.NextDouble() * 0.4)), cancellationToken);
            }
        }
        finally
        {
            await (connection?.DisposeAsync() ?? default);
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
}
