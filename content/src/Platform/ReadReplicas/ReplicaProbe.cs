using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;
using Platform.Common;
using Platform.Databases;
using Platform.Failover;
using Platform.RowSecurity;

namespace Platform.ReadReplicas;

/// <summary>Asks each replica how far it is, over one connection that it keeps, so that reads choose well.</summary>
internal sealed partial class ReplicaProbe(
    Replicas replicas, IConfiguration configuration, IOptions<ReadReplicaOptions> options, ILogger<ReplicaProbe> logger)
    : BackgroundService
{
    /// <summary>A timeline's announcement is read before the position, so that it cannot be newer.</summary>
    [Sql(Columns = [typeof(bool), typeof(int), typeof(NpgsqlLogSequenceNumber), typeof(long)])]
    private const string WhereAreYouSql = $"""
        SELECT NOT pg_is_in_recovery(),
               CASE WHEN pg_is_in_recovery() THEN (SELECT last_value FROM primary_timeline)::int ELSE {ServerSql.Timeline} END,
               {ServerSql.Position},
               {ServerSql.Cluster}
        """;

    /// <summary>Requests come in when each replica has been asked once.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        var asked = replicas.Servers.Select(server => server.RefreshAsync()).ToArray();
        await base.StartAsync(cancellationToken);
        await Task.WhenAll(asked).WaitAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(replicas.Servers.Select(server => WatchAsync(server, stoppingToken)));

    private Task WatchAsync(ReplicaServer server, CancellationToken cancellationToken) => ServerProbe.RunAsync(
        PrimaryServers.ProbeOf(
            configuration.GetConnectionString(server.Source)!,
            "replica-probe",
            settings => settings.Timeout = settings.CommandTimeout = options.Value.TimeoutSeconds),
        async connection =>
        {
            await AskAsync(server, connection, cancellationToken);
            return server.WhyNot is { } reason ? $"is not used: {reason}" : "is used";
        },
        async (state, isNews) =>
        {
            if (state == ServerProbe.NoAnswer)
            {
                server.Fail();
            }

            if (isNews)
            {
                LogState(state == "is used" ? LogLevel.Information : LogLevel.Warning, server.Name, state);
            }

            await server.AnsweredAsync(
                Jittered(options.Value.WaitingProbeMilliseconds), Jittered(options.Value.ProbeMilliseconds), cancellationToken);
        },
        cancellationToken);

    private static async Task AskAsync(ReplicaServer server, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(WhereAreYouSql, connection);
        await PreparedStatements.PrepareAsync(command, cancellationToken);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        server.Observe(
            new WalPosition(row.GetInt32(1), (ulong)row.GetFieldValue<NpgsqlLogSequenceNumber>(2)) { Cluster = row.GetInt64(3) },
            isPrimary: row.GetBoolean(0));
    }

    /// <summary>Instances that were started together do not ask together.</summary>
    private static TimeSpan Jittered(int milliseconds) =>
        TimeSpan.FromMilliseconds(milliseconds * (0.8 + (Random.Shared.NextDouble() * 0.4)));

    [LoggerMessage("Replica {Host} {State}.")]
    private partial void LogState(LogLevel level, string host, string state);
}
