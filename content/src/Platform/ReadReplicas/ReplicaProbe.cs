namespace Platform.ReadReplicas;

/// <summary>Asks each replica how far it is, over one connection that it keeps, so that reads choose well.</summary>
internal sealed class ReplicaProbe(
    Replicas replicas, IConfiguration configuration, IOptions<ReadReplicaOptions> options, ILogger<ReplicaProbe> logger)
    : ServerProbe<ReplicaServer>(
        from server in replicas.Servers
        select new ProbedServer<ReplicaServer>(server, server.Name, server.Pace, PrimaryServers.ProbeOf(
            configuration.GetConnectionString(server.Source)!,
            "replica-probe",
            settings => settings.Timeout = settings.CommandTimeout = options.Value.TimeoutSeconds)),
        shortest: TimeSpan.FromMilliseconds(options.Value.WaitingProbeMilliseconds),
        quick: TimeSpan.FromMilliseconds(options.Value.ProbeMilliseconds),
        logger)
{
    /// <summary>A timeline's announcement is read before the position, so that it cannot be newer.</summary>
    [Sql(Columns = [typeof(bool), typeof(int), typeof(NpgsqlLogSequenceNumber), typeof(long)])]
    private const string WhereAreYouSql = $"""
        SELECT NOT pg_is_in_recovery(),
               CASE WHEN pg_is_in_recovery() THEN (SELECT last_value FROM primary_timeline)::int ELSE {ServerSql.Timeline} END,
               {ServerSql.Position},
               {ServerSql.Cluster}
        """;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        var asked = replicas.Servers.Select(server => server.Pace.RefreshAsync()).ToArray();
        await base.StartAsync(cancellationToken);
        await Task.WhenAll(asked).WaitAsync(cancellationToken);
    }

    protected override async Task<(string State, bool IsFine)> AskAsync(
        ProbedServer<ReplicaServer> server, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(WhereAreYouSql, connection);
        await PreparedStatements.PrepareAsync(command, cancellationToken);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        server.Server.Observe(
            new WalPosition(row.GetInt32(1), (ulong)row.GetFieldValue<NpgsqlLogSequenceNumber>(2)) { Cluster = row.GetInt64(3) },
            isPrimary: row.GetBoolean(0));
        return server.Server.WhyNot is { } reason ? ($"is not read: {reason}", false) : ("is read", true);
    }

    protected override void Failed(ProbedServer<ReplicaServer> subject) => subject.Server.Fail();
}
