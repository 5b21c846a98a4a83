using System.Data;

namespace Fixtures;

/// <summary>A replica that has replayed everything so far, and replays nothing more until this is disposed.</summary>
internal sealed class PausedReplica : IAsyncDisposable
{
    /// <summary>
    /// Opened before the pause: what is half replayed may hold locks that a new connection would wait for, and then nobody
    /// could end the pause.
    /// </summary>
    private readonly NpgsqlConnection _connection;

    private PausedReplica(NpgsqlConnection connection) => _connection = connection;

    public static async Task<PausedReplica> PauseAsync(TestDatabases databases)
    {
        var connection = new NpgsqlConnection(
            $"{databases.Servers.ConnectionString("postgres", "postgres", replica: true)};Pooling=false");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await databases.ReplicaHasCaughtUpAsync();
        await ExecuteAsync(connection, "SELECT pg_wal_replay_pause()");
        return new PausedReplica(connection);
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection.State == ConnectionState.Open)
        {
            await ExecuteAsync(_connection, "SELECT pg_wal_replay_resume()");
            await _connection.DisposeAsync();
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
