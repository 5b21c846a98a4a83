using Infrastructure.Persistence;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace Infrastructure.ReadReplicas;

/// <summary>
/// Asks each replica how far it is, over one connection that it keeps, so that reads choose well. Also has each primary
/// announce its timeline after a promotion.
/// </summary>
internal sealed partial class ReplicaProbe(
    Replicas replicas,
    DatabaseNames names,
    PrimaryTimelines timelines,
    PrimarySources sources,
    IConfiguration configuration,
    IOptions<ReadReplicaOptions> options,
    ILogger<ReplicaProbe> logger) : BackgroundService
{
    /// <summary>A timeline's announcement is read before the position, so that it cannot be newer.</summary>
    [Sql(Columns = [typeof(bool), typeof(int), typeof(NpgsqlLogSequenceNumber), typeof(long)])]
    private const string WhereAreYou = $"""
        SELECT NOT pg_is_in_recovery(),
               CASE WHEN pg_is_in_recovery() THEN (SELECT last_value FROM primary_timeline)::int ELSE {ServerSql.Timeline} END,
               {ServerSql.Position},
               {ServerSql.Cluster}
        """;

    [Sql]
    private const string Announce = "SELECT announce_timeline()";

    private readonly TaskCompletionSource _askedAll = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _unasked = replicas.Servers.Count;

    /// <summary>Requests come in when each replica has been asked once.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await base.StartAsync(cancellationToken);
        await _askedAll.Task.WaitAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        replicas.Servers.Select(server => WatchAsync(server, stoppingToken))
            .Concat(names.Primaries.Select(database => AnnounceAsync(database, stoppingToken))));

    private async Task WatchAsync(ReplicaServer server, CancellationToken cancellationToken)
    {
        await using var source = PrimaryServers.ProbeOf(
            configuration.GetConnectionString(server.Source)!,
            "replica-probe",
            settings => settings.Timeout = settings.CommandTimeout = options.Value.TimeoutSeconds);
        NpgsqlConnection? connection = null;
        string? last = null;
        try
        {
            while (true)
            {
                string state;
                try
                {
                    connection ??= await source.OpenConnectionAsync(cancellationToken);
                    await AskAsync(server, connection, cancellationToken);
                    state = server.WhyNot is { } reason ? $"is not used: {reason}" : "is used";
                }
                catch (Exception exception) when (PrimaryServers.IsNoAnswer(exception))
                {
                    await (connection?.DisposeAsync() ?? default);
                    connection = null;
                    server.Fail();
                    state = "does not answer";
                }

                replicas.Tell();
                if (last is null && Interlocked.Decrement(ref _unasked) == 0)
                {
                    _askedAll.SetResult();
                }

                if (state != last)
                {
                    last = state;
                    LogState(state == "is used" ? LogLevel.Information : LogLevel.Warning, server.Name, state);
                }

                if (server.IsWaitedFor)
                {
                    await Task.Delay(Jittered(options.Value.WaitingProbeMilliseconds), cancellationToken);
                }
                else
                {
                    await server.WokenAsync(Jittered(options.Value.ProbeMilliseconds), cancellationToken);
                }
            }
        }
        finally
        {
            await (connection?.DisposeAsync() ?? default);
        }
    }

    private async Task AskAsync(ReplicaServer server, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(WhereAreYou, connection);
        await command.PrepareAsync(cancellationToken);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        server.Observe(
            new WalPosition(row.GetInt32(1), (ulong)row.GetFieldValue<NpgsqlLogSequenceNumber>(2)) { Cluster = row.GetInt64(3) },
            isPrimary: row.GetBoolean(0),
            TimeSpan.FromSeconds(options.Value.MaxLagSeconds));
    }

    /// <summary>Until it is in the log, no replica is known to follow the new primary, and reads go to the primary.</summary>
    private async Task AnnounceAsync(string database, CancellationToken cancellationToken)
    {
        for (var announced = 0; ; await Task.Delay(Jittered(options.Value.ProbeMilliseconds), cancellationToken))
        {
            var timeline = timelines.Highest(database);
            if (timeline <= announced)
            {
                continue;
            }

            try
            {
                await using var command = sources.For(database).CreateCommand(Announce);
                await command.ExecuteNonQueryAsync(cancellationToken);
                announced = timeline;
            }
            catch (Exception exception) when (PrimaryServers.IsNoAnswer(exception))
            {
                LogNotAnnounced(exception, timeline, database);
            }
        }
    }

    /// <summary>Instances that were started together do not ask together.</summary>
    private static TimeSpan Jittered(int milliseconds) =>
        TimeSpan.FromMilliseconds(milliseconds * (0.8 + (Random.Shared.NextDouble() * 0.4)));

    [LoggerMessage("Replica {Host} {State}.")]
    private partial void LogState(LogLevel level, string host, string state);

    [LoggerMessage(LogLevel.Debug, "Timeline {Timeline} is not announced in '{Database}' yet.")]
    private partial void LogNotAnnounced(Exception exception, int timeline, string database);
}
