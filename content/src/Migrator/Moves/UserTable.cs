namespace Migrator.Moves;

/// <summary>
/// A table whose rows move with their users, as the view user_tables has it: a new one is not registered anywhere.
/// </summary>
internal sealed record UserTable(
    string Name, int Level, string[] Shape, string Columns, string[] KeyColumns, string Changes, string Hashed)
{
    [Sql(Columns = [
        typeof(string), typeof(int), typeof(string[]), typeof(string), typeof(string[]), typeof(string), typeof(string),
        typeof(bool)])]
    private const string AllSql = """
        SELECT name, level, shape, columns, key, changes, hashed, coalesce(has_owner, false)
        FROM user_tables ORDER BY level, name
        """;

    public string Key { get; } = string.Join(", ", KeyColumns);

    /// <summary>Writes the rows of an array of texts, in place of those with the same keys.</summary>
    public string Upsert => $"""
        INSERT INTO {Name} ({Columns}) OVERRIDING SYSTEM VALUE SELECT {Columns} FROM unnest($1::text[]::{Name}[]) AS moved
        ON CONFLICT ({Key}) DO UPDATE SET {Changes}
        """;

    /// <summary>The key of a row that is given as text.</summary>
    public string KeyOf(string row) => string.Join(", ", KeyColumns.Select(column => $"({row}::text::{Name}).{column}"));

    /// <summary>Deletes the rows of an array of texts, each found by its key.</summary>
    public string Delete => $"""
        DELETE FROM {Name} USING unnest($1::text[]::{Name}[]) AS moved
        WHERE ({string.Join(", ", KeyColumns.Select(column => $"{Name}.{column}"))})
            = ({string.Join(", ", KeyColumns.Select(column => $"moved.{column}"))})
        """;

    /// <returns>A table comes after those that it references.</returns>
    /// <exception cref="MoveException">The shards' tables differ, or their rows cannot be moved.</exception>
    public static async Task<IReadOnlyList<UserTable>> OfBothAsync(
        MoveSession one, MoveSession other, CancellationToken cancellationToken)
    {
        var tables = await one.QueryAsync(AllSql, Read, cancellationToken);
        string[] ours = [.. tables.SelectMany(table => table.Shape)];
        string[] theirs = [.. (await other.QueryAsync(AllSql, Read, cancellationToken)).SelectMany(table => table.Shape)];
        var different = ours.Except(theirs).Concat(theirs.Except(ours)).FirstOrDefault()
            ?? ours.Zip(theirs).FirstOrDefault(pair => pair.First != pair.Second).First;
        return different is null ? tables : throw new MoveException(
            MoveOutcome.Failed,
            $"The tables of {one.Database} and {other.Database} differ at {different}. "
            + "Run the Migrator without arguments first.");
    }

    private static UserTable Read(NpgsqlDataReader row)
    {
        var key = row.GetFieldValue<string[]>(4);
        var wrong = !row.GetBoolean(7) ? "references users' rows and has no column owner_id"
            : key.Length == 0 ? "has no primary key"
            : row.GetInt32(1) >= 50 ? "and others reference each other in a circle"
            : null;
        return wrong is null
            ? new(
                row.GetString(0), row.GetInt32(1), row.GetFieldValue<string[]>(2), row.GetString(3), key, row.GetString(5),
                row.GetString(6))
            : throw new MoveException(MoveOutcome.Failed, $"Table {row.GetString(0)} {wrong}, so its rows cannot be moved.");
    }
}
