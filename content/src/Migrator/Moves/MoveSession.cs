namespace Migrator.Moves;

/// <summary>
/// A connection of a move to one of its databases, by which it also holds the bucket: an advisory lock of the session, so
/// it ends with the process. Each statement is one transaction, so none is long.
/// </summary>
internal sealed class MoveSession : IAsyncDisposable
{
    /// <summary>In another class than the lock of act_for, which is taken by transactions.</summary>
    [Sql(typeof(int), Columns = [typeof(bool)])]
    private const string TakeBucketSql = "SELECT pg_try_advisory_lock(1110787915, $1)";

    /// <summary>
    /// A row as text must read the same on both sides. While a lock is waited for, writers are refused. The session of a run
    /// that hangs, or whose machine is gone, ends.
    /// </summary>
    private const string Settings =
        " -c TimeZone=UTC -c DateStyle=ISO -c extra_float_digits=1 -c jit=off -c lock_timeout=300ms -c idle_session_timeout=5min";

    private readonly NpgsqlDataSource _server;
    private readonly NpgsqlConnection _connection;

    private MoveSession(string database, NpgsqlDataSource server) =>
        (Database, _server, _connection) = (database, server, server.CreateConnection());

    public string Database { get; }

    /// <exception cref="MoveException">The connection string is missing, or another run holds the bucket.</exception>
    public static async Task<MoveSession> OpenAsync(
        IConfiguration configuration, string database, short bucket, CancellationToken cancellationToken)
    {
        var session = new MoveSession(database, ServerOf(configuration, database));
        try
        {
            await session._connection.OpenAsync(cancellationToken);
            return await session.ScalarAsync<bool>(TakeBucketSql, cancellationToken, (int)bucket) ? session
                : throw new MoveException(
                MoveOutcome.Locked,
                $"Another run is moving bucket {bucket}: stop it. If its machine is gone, its sessions end within minutes.");
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <exception cref="MoveException">The connection string is missing.</exception>
    public static NpgsqlDataSource ServerOf(IConfiguration configuration, string database) =>
        configuration.GetConnectionString(database) is not null
            ? configuration.PrimaryOf(
                database, settings => (settings.CommandTimeout, settings.Options) = (0, $"{settings.Options}{Settings}".Trim()))
            : throw new MoveException(MoveOutcome.NotConfigured, $"There is no connection string '{database}'.");

    public async Task<int> ExecuteAsync(string sql, CancellationToken cancellationToken, params object[] arguments)
    {
        await using var command = Command(sql, arguments);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task<T?> ScalarAsync<T>(string sql, CancellationToken cancellationToken, params object[] arguments) =>
        (await QueryAsync(sql, row => row.GetFieldValue<T>(0), cancellationToken, arguments)).FirstOrDefault();

    public async Task<List<T>> QueryAsync<T>(
        string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken, params object[] arguments)
    {
        await using var command = Command(sql, arguments);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _server.DisposeAsync();
    }

    private NpgsqlCommand Command(string sql, object[] arguments)
    {
        var command = new NpgsqlCommand(sql, _connection);
        Array.ForEach(arguments, argument => command.Parameters.Add(new NpgsqlParameter { Value = argument }));
        return command;
    }
}
