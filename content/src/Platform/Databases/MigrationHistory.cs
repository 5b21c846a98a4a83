namespace Platform.Databases;

/// <summary>
/// Table <c>migrations</c> of each database: the files that it has run. Readiness asks for them as well, so this does without
/// EF Core, whose model takes longer to build than everything else that a start does.
/// </summary>
internal static class MigrationHistory
{
    [Sql(Columns = [typeof(bool)])]
    private const string ExistsSql = "SELECT to_regclass('migrations') IS NOT NULL";

    [Sql(Columns = [typeof(int), typeof(string), typeof(string)])]
    private const string AppliedSql = "SELECT number, name, checksum FROM migrations";

    private const string CreateSql = """
        CREATE TABLE migrations (
            number      int         PRIMARY KEY,
            name        text        NOT NULL,
            checksum    text        NOT NULL,
            applied_at  timestamptz NOT NULL DEFAULT clock_timestamp()
        );
        GRANT SELECT ON migrations TO app_rw, app_ro
        """;

    [Sql(typeof(int), typeof(string), typeof(string))]
    private const string AddSql = "INSERT INTO migrations (number, name, checksum) VALUES ($1, $2, $3)";

    /// <summary>Names and checksums of the files that the database has run, by number.</summary>
    public static async Task<IReadOnlyDictionary<int, (string Name, string Checksum)>> AppliedAsync(
        NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var applied = new Dictionary<int, (string, string)>();

        // Asked before, since a table that is not there would be an ERROR in the server's log at each first start.
        if (await ExistsAsync(connection, cancellationToken))
        {
            await using var command = new NpgsqlCommand(AppliedSql, connection);
            await using var rows = await command.ExecuteReaderAsync(cancellationToken);
            while (await rows.ReadAsync(cancellationToken))
            {
                applied.Add(rows.GetInt32(0), (rows.GetString(1), rows.GetString(2)));
            }
        }

        return applied;
    }

    /// <summary>Makes the table if there is none. The caller has the lock of the run.</summary>
    public static async Task CreateAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (!await ExistsAsync(connection, cancellationToken))
        {
            await connection.ExecuteAsync(CreateSql, cancellationToken);
        }
    }

    public static Task AddAsync(NpgsqlConnection connection, MigrationFile file, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(AddSql, cancellationToken, file.Number, file.Name, file.Checksum);

    public static async Task ExecuteAsync(
        this NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params IEnumerable<object> values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
        {
            command.Parameters.Add(new() { Value = value });
        }

        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<bool> ExistsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(ExistsSql, connection);
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}
