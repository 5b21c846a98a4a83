using Infrastructure.Persistence;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace Infrastructure.ReadReplicas;

/// <summary>Asks each replica how far it is, over one connection that it keeps, so that reads choose well.</summary>
internal sealed partial class ReplicaProbe(
    Replicas replicas, IConfiguration configuration, IOptions<ReadReplicaOptions> options, ILogger<ReplicaProbe> logger)
    : PollingWorker<ReplicaProbe.Target>(
        replicas.Servers.Select(server => new Target(server, SourceOf(server, configuration, options.Value))), s_second, s_second)
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    private const string IsUsed = "is used";

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
        var asked = replicas.Servers.Select(server => server.Pace.RefreshAsync()).ToArray();
        await base.StartAsync(cancellationToken);
        await Task.WhenAll(asked).WaitAsync(cancellationToken);
    }

    protected override async Task<TimeSpan> PollAsync(Target target, CancellationToken stopping)
    {
        var server = target.Server;
        var (state, isNews, hasAnswered) = await target.Probe.AskAsync(
            async connection =>
            {
                await AskAsync(server, connection, stopping);
                return server.WhyNot is { } reason ? $"is not used: {reason}" : IsUsed;
            },
            stopping);
        if (!hasAnswered)
        {
            server.Fail();
        }

        if (isNews)
        {
            LogState(state == IsUsed ? LogLevel.Information : LogLevel.Warning, server.Name, state);
        }

        return TimeSpan.FromMilliseconds(options.Value.ProbeMilliseconds);
    }

    protected override Task PauseAsync(Target target, TimeSpan pause, CancellationToken stopping) => target.Server.Pace.AnsweredAsync(
        Backoff.Jittered(TimeSpan.FromMilliseconds(options.Value.WaitingProbeMilliseconds)), pause, stopping);

    protected override void Failed(Target target, Exception exception, int failures)
    {
        target.Server.Fail();
        LogFailed(exception, target.Server.Name);
    }

    private static NpgsqlDataSource SourceOf(ReplicaServer server, IConfiguration configuration, ReadReplicaOptions options) =>
        PrimaryServers.ProbeOf(
            configuration.GetConnectionString(server.Source)!,
            "replica-probe",
            settings => settings.Timeout = settings.CommandTimeout = options.TimeoutSeconds);

    private static async Task AskAsync(ReplicaServer server, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(WhereAreYouSql, connection);
        await command.PrepareAsync(cancellationToken);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        server.Observe(
            new WalPosition(row.GetInt32(1), (ulong)row.GetFieldValue<NpgsqlLogSequenceNumber>(2)) { Cluster = row.GetInt64(3) },
            isPrimary: row.GetBoolean(0));
    }

    [LoggerMessage("Replica {Host} {State}.")]
    private partial void LogState(LogLevel level, string host, string state);

    [LoggerMessage(LogLevel.Warning, "Replica {Host} could not be asked for its position.")]
    private partial void LogFailed(Exception exception, string host);

    internal sealed class Target(ReplicaServer server, NpgsqlDataSource source) : IAsyncDisposable
    {
        public ReplicaServer Server => server;

        public ServerProbe Probe { get; } = new(source);

        public ValueTask DisposeAsync() => Probe.DisposeAsync();
    }
}
