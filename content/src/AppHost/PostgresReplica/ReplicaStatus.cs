using System.Globalization;
using Npgsql;

namespace AppHost.PostgresReplica;

/// <summary>How a replica is doing, as it tells itself.</summary>
/// <param name="InRecovery">False once it was promoted.</param>
/// <param name="Streaming">Whether it receives from its primary at the moment.</param>
/// <param name="Paused">Whether it holds back what it receives.</param>
/// <param name="BytesBehind">WAL that the primary is known to have and that cannot be seen here yet.</param>
internal sealed record ReplicaStatus(bool InRecovery, bool Streaming, bool Paused, long BytesBehind)
{
    private const string Query = """
        select pg_is_in_recovery(),
               coalesce(status = 'streaming', false),
               case when pg_is_in_recovery() then pg_is_wal_replay_paused() else false end,
               greatest(coalesce(pg_wal_lsn_diff(latest_end_lsn, pg_last_wal_replay_lsn()), 0), 0)::bigint
        from (select) as one left join pg_stat_wal_receiver on true
        """;

    public Replay Replay => !InRecovery ? Replay.Ended : Paused ? Replay.Paused : Replay.Running;

    /// <summary>Null while the primary's position is not known.</summary>
    public string? Lag => Streaming ? string.Create(CultureInfo.InvariantCulture, $"{BytesBehind:N0} bytes") : null;

    public static async Task<ReplicaStatus> ReadAsync(PostgresReplicaResource replica, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(await SettingsAsync(replica, cancellationToken));
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(Query, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new ReplicaStatus(reader.GetBoolean(0), reader.GetBoolean(1), reader.GetBoolean(2), reader.GetInt64(3));
    }

    /// <summary>Runs a function of PostgreSQL's, such as <c>pg_promote()</c>.</summary>
    /// <returns>False when the function says so itself.</returns>
    public static async Task<bool> CallAsync(PostgresReplicaResource replica, string function, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(await SettingsAsync(replica, cancellationToken));
        await connection.OpenAsync(cancellationToken);
        // pg_promote() itself gives up after 60 seconds.
        await using var command = new NpgsqlCommand($"select {function}", connection) { CommandTimeout = 90 };
        return await command.ExecuteScalarAsync(cancellationToken) is not false;
    }

    private static async Task<string> SettingsAsync(PostgresReplicaResource replica, CancellationToken cancellationToken)
    {
        var settings = await replica.ConnectionStringExpression.GetValueAsync(cancellationToken);
        return new NpgsqlConnectionStringBuilder(settings) { Timeout = 5, CommandTimeout = 5, MaxPoolSize = 3 }.ConnectionString;
    }
}

/// <summary>What a replica does with the WAL that it receives.</summary>
internal enum Replay
{
    Running,
    Paused,
    Ended,
}
