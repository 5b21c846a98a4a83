namespace Platform.RowSecurity;

/// <summary>
/// Statements of a transaction that wait for the next round trip: the next query, or COMMIT, takes them along. When one fails
/// PostgreSQL skips those behind it, COMMIT included, so nothing is stored. Of one unit of work.
/// </summary>
/// <remarks>
/// For hot writes: typed positional parameters, prepared statements, no EF Core. Their results are not read, so a statement that
/// must change a row fails by itself when it does not.
/// </remarks>
public sealed class Pipeline
{
    private readonly List<NpgsqlBatchCommand> _statements = [];

    public bool IsEmpty => _statements.Count == 0;

    /// <param name="sql">A SELECT (also behind WITH), or an INSERT or UPDATE that returns no rows.</param>
    /// <param name="parameters">In the order of $1, $2, …</param>
    public void Add(string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var statement = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters)
        {
            statement.Parameters.Add(parameter);
        }

        _statements.Add(statement);
    }

    /// <summary>A parameter of the PostgreSQL type that belongs to <typeparamref name="T"/>. Null is NULL.</summary>
    public static NpgsqlParameter Value<T>(T value) => new NpgsqlParameter<T> { TypedValue = value };

    /// <summary>Moves the statements to a batch that is about to be sent.</summary>
    /// <returns>Number of results that come before those of what is added to the batch behind them.</returns>
    public int MoveTo(NpgsqlBatch batch)
    {
        var results = 0;
        foreach (var statement in _statements)
        {
            batch.BatchCommands.Add(statement);
            results += HasResult(statement) ? 1 : 0;
        }

        _statements.Clear();
        return results;
    }

    /// <summary>Sends what waits, of which the last statement is a query, in one round trip.</summary>
    /// <param name="timeout">Seconds; 0 for none, null for the connection's.</param>
    public async Task<List<T>> QueryAsync<T>(
        NpgsqlConnection connection, Func<NpgsqlDataReader, T> map, int? timeout, CancellationToken cancellationToken)
    {
        await using var batch = connection.CreateBatch();
        batch.Timeout = timeout ?? batch.Timeout;
        var results = MoveTo(batch);
        await PreparedStatements.PrepareAsync(batch, cancellationToken);
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        while (--results > 0)
        {
            await reader.NextResultAsync(cancellationToken);
        }

        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(map(reader));
        }

        return await reader.NextResultAsync(cancellationToken)
            ? throw new InvalidOperationException("A statement of the pipeline has returned rows that were not expected.")
            : rows;
    }

    /// <summary>Sends what waits.</summary>
    public async Task SendAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var batch = connection.CreateBatch();
        MoveTo(batch);
        await PreparedStatements.PrepareAsync(batch, cancellationToken);
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private static bool HasResult(NpgsqlBatchCommand statement) =>
        statement.CommandText.StartsWith("SELECT", StringComparison.Ordinal)
        || statement.CommandText.StartsWith("WITH", StringComparison.Ordinal);
}
