using System.Data;
using Infrastructure.Persistence;
using Microsoft.Extensions.Configuration;
using Npgsql;

namespace Infrastructure.Sharding;

/// <summary>
/// A connection of a move to one of its databases, by which it also holds the bucket: an advisory lock of the session, so
/// it ends with the process.
/// </summary>
internal sealed class MoveSession : IAsyncDisposable
{
    /// <summary>In another class than the lock of act_for, which is taken by transactions.</summary>
    [Sql(typeof(int), Columns = [typeof(bool)])]
    private const string TakeBucket = "SELECT pg_try_advisory_lock(1110787915, $1)";

    /// <summary>
    /// A row as text must read the same on both sides. And compiling a statement would take longer than the time for which
    /// writers may wait.
    /// </summary>
    [Sql]
    private const string Settings = """
        SELECT set_config('TimeZone', 'UTC', false), set_config('DateStyle', 'ISO', false), set_config('bytea_output', 'hex', false),
               set_config('extra_float_digits', '1', false), set_config('jit', 'off', false)
        """;

    private readonly NpgsqlDataSource _server;
    private readonly NpgsqlConnection _connection;

    private MoveSession(string database, NpgsqlDataSource server) =>
        (Database, _server, _connection) = (database, server, server.CreateConnection());

    public string Database { get; }

    public static async Task<MoveSession> OpenAsync(
        IConfiguration configuration, string database, short bucket, CancellationToken cancellationToken)
    {
        var session = new MoveSession(database, ServerOf(configuration, database));
        try
        {
            await session._connection.OpenAsync(cancellationToken);
            await session.ExecuteAsync(Settings, cancellationToken);
            return await session.ScalarAsync<bool>(TakeBucket, cancellationToken, (int)bucket)
                ? session
                : throw new MoveException(MoveOutcome.Locked, $"Another run is moving bucket {bucket}.");
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <summary>Its primary.</summary>
    /// <exception cref="MoveException">The connection string is missing.</exception>
    public static NpgsqlDataSource ServerOf(IConfiguration configuration, string database) =>
        configuration.GetConnectionString(database) is not null
            ? configuration.PrimaryOf(database, settings => settings.CommandTimeout = 0)
            : throw new MoveException(MoveOutcome.NotConfigured, $"There is no connection string '{database}'.");

    public ValueTask<NpgsqlTransaction> BeginAsync(IsolationLevel level, CancellationToken cancellationToken) =>
        _connection.State == ConnectionState.Open
            ? _connection.BeginTransactionAsync(level, cancellationToken)
            : throw new MoveException(MoveOutcome.Unreachable, $"{Database} has ended the session of this run. The same command continues.");

    public async Task<int> ExecuteAsync(string sql, CancellationToken cancellationToken, params object[] arguments)
    {
        await using var batch = Batch([(sql, arguments)]);
        return await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task<T?> ScalarAsync<T>(string sql, CancellationToken cancellationToken, params object[] arguments)
    {
        await using var batch = Batch([(sql, arguments)]);
        return await batch.ExecuteScalarAsync(cancellationToken) is T value ? value : default;
    }

    public Task<List<T>> QueryAsync<T>(
        string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken, params object[] arguments) =>
        QueryAsync([(sql, arguments)], read, cancellationToken);

    /// <summary>All statements in one round trip, and the rows of those that give some.</summary>
    public async Task<List<T>> QueryAsync<T>(
        IEnumerable<(string Sql, object[] Arguments)> statements, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        await using var batch = Batch(statements);
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        var rows = new List<T>();
        do
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                rows.Add(read(reader));
            }
        }
        while (await reader.NextResultAsync(cancellationToken));

        return rows;
    }

    /// <summary>Sends what <paramref name="select"/> gives here to <paramref name="table"/> of another session.</summary>
    public async Task CopyToAsync(string select, MoveSession other, string table, CancellationToken cancellationToken)
    {
        await using var from = await _connection.BeginRawBinaryCopyAsync(
            $"COPY ({select}) TO STDOUT (FORMAT binary)", cancellationToken);
        await using var to = await other._connection.BeginRawBinaryCopyAsync(
            $"COPY {table} FROM STDIN (FORMAT binary)", cancellationToken);
        await from.CopyToAsync(to, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _server.DisposeAsync();
    }

    private NpgsqlBatch Batch(IEnumerable<(string Sql, object[] Arguments)> statements)
    {
        var batch = _connection.CreateBatch();
        foreach (var (sql, arguments) in statements)
        {
            var statement = new NpgsqlBatchCommand(sql);
            foreach (var argument in arguments)
            {
                statement.Parameters.Add(new NpgsqlParameter { Value = argument });
            }

            batch.BatchCommands.Add(statement);
        }

        return batch;
    }
}
