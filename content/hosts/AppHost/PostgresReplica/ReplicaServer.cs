using Npgsql;

namespace AppHost.PostgresReplica;

/// <summary>Asks a replica, and tells it what to do, as a superuser.</summary>
/// <param name="replica">Connection string of a superuser on the replica.</param>
/// <param name="primary">The same on its primary.</param>
internal sealed class ReplicaServer(ReferenceExpression replica, ReferenceExpression primary)
{
    private const string StatusSql = """
        select pg_is_in_recovery(),
               coalesce(status = 'streaming', false),
               case when pg_is_in_recovery() then pg_is_wal_replay_paused() else false end,
               greatest(coalesce(pg_wal_lsn_diff(latest_end_lsn, pg_last_wal_replay_lsn()), 0), 0)::bigint
        from (select) as one left join pg_stat_wal_receiver on true
        """;

    /// <summary>A base backup streams as well, before the replica starts.</summary>
    private const string StreamsSql =
        "select exists (select from pg_stat_replication where application_name <> 'pg_basebackup' and state = 'streaming')";

    private const string TimelineSql = "select ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int";

    private bool _hasAnswered;

    /// <summary>
    /// Null while the server starts. Until it has answered once, the primary is asked whether it streams: a server that starts
    /// logs an error for each client that comes too early.
    /// </summary>
    public async Task<ReplicaStatus?> StatusAsync(CancellationToken cancellationToken)
    {
        if (!_hasAnswered && !await AskAsync<bool>(primary, StreamsSql, cancellationToken))
        {
            return null;
        }

        await using var connection = await OpenAsync(replica, cancellationToken);
        await using var command = new NpgsqlCommand(StatusSql, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        _hasAnswered = true;
        return new ReplicaStatus(reader.GetBoolean(0), reader.GetBoolean(1), reader.GetBoolean(2), reader.GetInt64(3));
    }

    /// <summary>Call when the server has stopped.</summary>
    public void Forget() => _hasAnswered = false;

    public async Task<string> PauseAsync(CancellationToken cancellationToken)
    {
        await AskAsync<object>(replica, "select pg_wal_replay_pause()", cancellationToken);
        return $"Replay is paused. Reads from the replica see nothing after {await PositionAsync(cancellationToken)}.";
    }

    public async Task<string> ResumeAsync(CancellationToken cancellationToken)
    {
        var position = await PositionAsync(cancellationToken);
        await AskAsync<object>(replica, "select pg_wal_replay_resume()", cancellationToken);
        return $"Replay goes on from {position}.";
    }

    /// <exception cref="NpgsqlException">It was not promoted within a minute.</exception>
    public async Task<string> PromoteAsync(CancellationToken cancellationToken) =>
        await AskAsync<bool>(replica, "select pg_promote()", cancellationToken)
            ? $"Promoted to a primary, on timeline {await AskAsync<int>(replica, TimelineSql, cancellationToken)}."
            : throw new NpgsqlException("It was not promoted within 60 seconds.");

    private Task<string> PositionAsync(CancellationToken cancellationToken) =>
        AskAsync<string>(replica, "select pg_last_wal_replay_lsn()::text", cancellationToken);

    private static async Task<T> AskAsync<T>(ReferenceExpression server, string sql, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(server, cancellationToken);
        // pg_promote() itself gives up after 60 seconds.
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 90 };
        return (T)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    public static async Task<NpgsqlConnection> OpenAsync(ReferenceExpression server, CancellationToken cancellationToken)
    {
        var settings = new NpgsqlConnectionStringBuilder(await server.GetValueAsync(cancellationToken))
        {
            Timeout = 5,
            CommandTimeout = 5,
            MaxPoolSize = 3,
        };
        var connection = new NpgsqlConnection(settings.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
