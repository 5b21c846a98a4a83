using Infrastructure.Persistence;
namespace Infrastructure.Sharding;

/// <summary>A table whose rows belong to users, and so move with them. Names are quoted.</summary>
/// <param name="Columns">Separated by commas, without generated ones.</param>
/// <param name="KeyColumns">Of the primary key.</param>
/// <param name="Changeable">Columns that a row with the same key may have otherwise.</param>
/// <param name="Hashed">All columns, as values of types that can be hashed, separated by commas.</param>
internal sealed record UserTable(
    string Name, string Columns, IReadOnlyList<string> KeyColumns, IReadOnlyList<string> Changeable, string Hashed)
{
    public string Key { get; } = string.Join(", ", KeyColumns);

    /// <summary>Writes the rows of an array of texts, in place of those with the same keys.</summary>
    public string Upsert => $"""
        INSERT INTO {Name} ({Columns}) OVERRIDING SYSTEM VALUE SELECT {Columns} FROM unnest($1::text[]::{Name}[]) AS moved
        ON CONFLICT ({Key}) DO UPDATE
        SET {string.Join(", ", Changeable.DefaultIfEmpty("owner_id").Select(column => $"{column} = excluded.{column}"))}
        """;

    /// <summary>The key of a row that is given as text.</summary>
    public string KeyOf(string row) => string.Join(", ", KeyColumns.Select(column => $"({row}::text::{Name}).{column}"));
}

/// <summary>Finds the users' tables in the catalog, so that a new one moves without being registered anywhere.</summary>
internal static class UserTables
{
    [Sql(Columns = [typeof(string), typeof(string), typeof(string), typeof(bool), typeof(bool), typeof(bool), typeof(bool)])]
    private const string ColumnsSql = """
        SELECT c.relname::text, quote_ident(a.attname), format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attgenerated <> '',
               a.attidentity = 'a', coalesce(a.attnum = ANY (k.indkey), false)
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_index k ON k.indrelid = c.oid AND k.indisprimary
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
          AND EXISTS (SELECT FROM pg_attribute o WHERE o.attrelid = c.oid AND o.attname = 'owner_id' AND NOT o.attisdropped)
        ORDER BY c.relname, a.attnum
        """;

    [Sql(Columns = [typeof(string), typeof(string)])]
    private const string ReferencesSql = """
        SELECT f.relname::text, t.relname::text
        FROM pg_constraint r JOIN pg_class f ON f.oid = r.conrelid JOIN pg_class t ON t.oid = r.confrelid
        WHERE r.contype = 'f' AND r.conparentid = 0 AND f.relnamespace = 'public'::regnamespace AND f.oid <> t.oid
        """;

    /// <summary>Others are hashed as text, since some cannot be hashed at all.</summary>
    private static readonly string[] Hashable =
        ["uuid", "text", "smallint", "integer", "bigint", "boolean", "timestamp with time zone", "jsonb", "bytea", "xid8", "numeric", "date"];

    /// <summary>In an order in which rows can be inserted: a table comes after those that it references.</summary>
    public static async Task<IReadOnlyList<UserTable>> OfBothAsync(
        MoveSession source, MoveSession target, CancellationToken cancellationToken)
    {
        var columns = await ColumnsAsync(source, cancellationToken);
        var theirs = await ColumnsAsync(target, cancellationToken);
        if (!columns.SequenceEqual(theirs))
        {
            // The order counts as well, since rows are compared as text.
            var difference = columns.Except(theirs).Concat(theirs.Except(columns)).FirstOrDefault()
                ?? columns.Zip(theirs).First(pair => pair.First != pair.Second).First;
            throw new MoveException(
                MoveOutcome.Failed,
                $"The tables of {source.Database} and {target.Database} differ at {difference}. Run the Migrator without arguments first.");
        }

        var references = await source.QueryAsync(
            ReferencesSql, row => (From: row.GetString(0), To: row.GetString(1)), cancellationToken);
        return InOrder(columns.ToLookup(column => column.Table), references);
    }

    private static Task<List<Column>> ColumnsAsync(MoveSession session, CancellationToken cancellationToken) => session.QueryAsync(
        ColumnsSql,
        row => new Column(
            row.GetString(0), row.GetString(1), row.GetString(2), row.GetBoolean(3), row.GetBoolean(4), row.GetBoolean(5), row.GetBoolean(6)),
        cancellationToken);

    private static List<UserTable> InOrder(ILookup<string, Column> columns, List<(string From, string To)> references)
    {
        var left = columns.Select(table => table.Key).ToList();
        if (references.Find(reference => left.Contains(reference.To) && !left.Contains(reference.From)) is { From: { } ownerless } wrong)
        {
            throw new MoveException(
                MoveOutcome.Failed, $"Table {ownerless} references {wrong.To} and has no column owner_id, so its rows cannot be moved.");
        }

        var ordered = new List<UserTable>();
        while (left.Count > 0)
        {
            var next = left.Find(table => !references.Exists(r => r.From == table && left.Contains(r.To)))
                ?? throw new MoveException(MoveOutcome.Failed, $"Tables reference each other in a circle: {string.Join(", ", left)}.");
            left.Remove(next);
            ordered.Add(TableOf(next, [.. columns[next]]));
        }

        return ordered;
    }

    private static UserTable TableOf(string name, Column[] columns)
    {
        string[] key = [.. columns.Where(column => column.IsKey).Select(column => column.Name)];
        return key.Length == 0
            ? throw new MoveException(MoveOutcome.Failed, $"Table {name} has no primary key, by which its rows could be kept up to date.")
            : new UserTable(
                $"\"{name}\"",
                string.Join(", ", columns.Where(column => !column.IsGenerated).Select(column => column.Name)),
                key,
                [.. columns.Where(column => column is { IsGenerated: false, IsIdentity: false, IsKey: false }).Select(column => column.Name)],
                string.Join(", ", columns.Select(column => Hashable.Contains(column.Type) ? column.Name : $"{column.Name}::text")));
    }

    private sealed record Column(
        string Table, string Name, string Type, bool IsRequired, bool IsGenerated, bool IsIdentity, bool IsKey)
    {
        public override string ToString() => $"{Table}.{Name} {Type}{(IsRequired ? " not null" : "")}";
    }
}
