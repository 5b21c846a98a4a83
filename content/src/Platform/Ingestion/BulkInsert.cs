namespace Platform.Ingestion;

/// <summary>A column of a <see cref="BulkInsert{TRow}"/>.</summary>
/// <param name="SqlType">As PostgreSQL calls it.</param>
/// <param name="ToArray">The column's values of all rows.</param>
/// <param name="WriteAsync">Writes the value of one row.</param>
public sealed record BulkColumn<TRow>(
    string Name,
    string SqlType,
    NpgsqlDbType Type,
    Func<IReadOnlyList<TRow>, Array> ToArray,
    Func<NpgsqlBinaryImporter, TRow, CancellationToken, Task> WriteAsync);

public static class BulkColumn
{
    public static BulkColumn<TRow> Of<TRow, T>(string name, string sqlType, NpgsqlDbType type, Func<TRow, T> value) => new(
        name,
        sqlType,
        type,
        rows => rows.Select(value).ToArray(),
        (importer, row, cancellationToken) => importer.WriteAsync(value(row), type, cancellationToken));
}

/// <summary>
/// Adds many rows of one user to a table, and leaves alone those that are there. Some thousand go as arrays in one
/// statement. More are copied into a temporary table first, since COPY itself fails at the first row that is there.
/// </summary>
/// <param name="table">Has a column owner_id, and a unique key by which a row is known.</param>
public sealed class BulkInsert<TRow>(string table, params BulkColumn<TRow>[] columns)
{
    /// <summary>Rows above which COPY is the faster of the two.</summary>
    public const int CopyAbove = 5_000;

    private readonly string _unnest = $"""
        INSERT INTO {table} (owner_id, {Join(columns, column => column.Name)})
        SELECT @owner, {Join(columns, column => $"given.{column.Name}")}
        FROM unnest({Join(columns, column => $"@{column.Name}::{column.SqlType}[]")}) AS given ({Join(columns, column => column.Name)})
        ON CONFLICT DO NOTHING
        """;

    /// <summary>It stays with the connection, so only the first of a connection makes it.</summary>
    private readonly string _stage = $"""
        CREATE TEMPORARY TABLE IF NOT EXISTS ingest_{table}
            ({Join(columns, column => $"{column.Name} {column.SqlType}")}) ON COMMIT DELETE ROWS
        """;

    private readonly string _copy =
        $"COPY pg_temp.ingest_{table} ({Join(columns, column => column.Name)}) FROM STDIN (FORMAT BINARY)";

    private readonly string _merge = $"""
        INSERT INTO {table} (owner_id, {Join(columns, column => column.Name)})
        SELECT @owner, {Join(columns, column => column.Name)} FROM pg_temp.ingest_{table}
        ON CONFLICT DO NOTHING
        """;

    /// <summary>In the unit of work, in the name of the user.</summary>
    /// <returns>How many of the rows are new.</returns>
    public async Task<int> AddAsync(
        ShardWriter writer, UserId owner, IReadOnlyList<TRow> rows, CancellationToken cancellationToken)
    {
        var context = await writer.JoinAsync(owner, cancellationToken);
        return rows.Count > CopyAbove
            ? await CopyAsync(context, owner, rows, cancellationToken)
            : await context.Database.ExecuteSqlRawAsync(_unnest, [Owner(owner), .. columns.Select(ArrayOf)], cancellationToken);

        NpgsqlParameter ArrayOf(BulkColumn<TRow> column) =>
            new(column.Name, NpgsqlDbType.Array | column.Type) { Value = column.ToArray(rows) };
    }

    private async Task<int> CopyAsync(
        ShardContext context, UserId owner, IReadOnlyList<TRow> rows, CancellationToken cancellationToken)
    {
        await context.Database.ExecuteSqlRawAsync(_stage, cancellationToken);
        var connection = (NpgsqlConnection)context.Database.GetDbConnection();
        await using (var importer = await connection.BeginBinaryImportAsync(_copy, cancellationToken))
        {
            foreach (var row in rows)
            {
                await importer.StartRowAsync(cancellationToken);
                foreach (var column in columns)
                {
                    await column.WriteAsync(importer, row, cancellationToken);
                }
            }

            await importer.CompleteAsync(cancellationToken);
        }

        return await context.Database.ExecuteSqlRawAsync(_merge, [Owner(owner)], cancellationToken);
    }

    private static NpgsqlParameter Owner(UserId owner) => new("owner", NpgsqlDbType.Uuid) { Value = owner.Value };

    private static string Join(BulkColumn<TRow>[] columns, Func<BulkColumn<TRow>, string> text) =>
        string.Join(", ", columns.Select(text));
}
