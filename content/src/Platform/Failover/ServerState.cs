namespace Platform.Failover;

/// <summary>What a server says of itself.</summary>
/// <param name="Timeline">0 for one that is in recovery and takes no writes.</param>
/// <param name="Lsn">How far its log is flushed.</param>
/// <param name="Cluster">PostgreSQL's <c>system_identifier</c>.</param>
/// <param name="IsPooled">Its session is not the one that the connection was given: there is a pooler in between.</param>
internal readonly record struct ServerState(int Timeline, ulong Lsn, long Cluster, bool IsPooled = false)
{
    [Sql(Columns = [typeof(int), typeof(NpgsqlLogSequenceNumber), typeof(long), typeof(int)])]
    private const string StateSql = $"""
        SELECT CASE WHEN pg_is_in_recovery() THEN 0 ELSE {ServerSql.Timeline} END,
               CASE WHEN pg_is_in_recovery() THEN '0/0' ELSE pg_current_wal_flush_lsn() END,
               {ServerSql.Cluster},
               pg_backend_pid()
        """;

    public static async Task<ServerState> AskAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(StateSql, connection);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return new(
            row.GetInt32(0), (ulong)row.GetFieldValue<NpgsqlLogSequenceNumber>(1), row.GetInt64(2),
            IsPooled: row.GetInt32(3) != connection.ProcessID);
    }
}

/// <summary>The highest timeline of the cluster, and the server that had it.</summary>
/// <param name="Host">One of the servers; the first before any was a primary.</param>
/// <param name="Cluster">0 as long as none was seen.</param>
/// <param name="Timeline">0 as long as none was seen.</param>
internal sealed record KnownPrimary(string Host, long Cluster, int Timeline);
