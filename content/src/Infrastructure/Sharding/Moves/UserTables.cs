using Infrastructure.Persistence;
namespace Infrastructure.Sharding;

/// <summary>A table whose rows belong to users, and so move with them.</summary>
/// <param name="Columns">Quoted, separated by commas, without generated ones.</param>
/// <param name="Key">Columns of the primary key, in the same form.</param>
/// <param name="Changeable">Columns that a row with the same key may have otherwise.</param>
/// <param name="Sums">The bigint columns.</param>
internal sealed record UserTable(
    string Name, string Columns, string Key, IReadOnlyList<string> Changeable, IReadOnlyList<string> Sums);

/// <summary>Finds the users' tables in the catalog, so that a new one moves without being registered anywhere.</summary>
internal static class UserTables
{
    [Sql(Columns = [typeof(string), typeof(string), typeof(string), typeof(bool), typeof(bool), typeof(bool), typeof(bool)])]
    private const string Columns = """
        SELECT c.relname::text, quote_ident(a.attname), format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attgenerated <> '',
               a.attidentity = 'a', coalesce(a.attnum = ANY (k.indkey), false)
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_index k ON k.indrelid = c.oid AND k.indisprimary
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
          AND c.relname <> 'bucket_changes'
          AND EXISTS (SELECT FROM pg_attribute o WHERE o.attrelid = c.oid AND o.attname = 'owner_id' AND NOT o.attisdropped)
        ORDER BY c.relname, a.attnum
        """;

    [Sql(Columns = [typeof(string), typeof(string)])]
    private const string References = """
        SELECT f.relname::text, t.relname::text
        FROM pg_constraint r JOIN pg_class f ON f.oid = r.conrelid JOIN pg_class t ON t.oid = r.confrelid
        WHERE r.contype = 'f' AND r.conparentid = 0 AND f.relnamespace = 'public'::regnamespace AND f.oid <> t.oid
        """;

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
            References, row => (From: row.GetString(0), To: row.GetString(1)), cancellationToken);
        return InOrder(columns.ToLookup(column => column.Table), references);
    }

    private static Task<List<Column>> ColumnsAsync(MoveSession session, CancellationToken cancellationToken) => session.QueryAsync(
        Columns,
        row => new Column(
            row.GetString(0), row.GetString(1), row.GetString(2), row.GetBoolean(3), row.GetBoolean(4), row.GetBoolean(5), row.GetBoolean(6)),
        cancellationToken);

    private static List<UserTable> InOrder(ILookup<string, Column> columns, List<(string From, string To)> references)
    {
        var left = columns.Select(table => table.Key).ToList();
        if (references.Find(reference => left.Contains(reference.To) && !left.Contains(reference.From)) is { From: { } ownerless } wrong)
        {
            throw new MoveException(
                MoveOutcome.Failed, $"Table {ownerless} references {wrong.To} and has no column owner_id, so nobody knows which of its rows to move.");
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
        var key = columns.Where(column => column.IsKey).ToArray();
        return key.Length == 0
            ? throw new MoveException(MoveOutcome.Failed, $"Table {name} has no primary key, by which its rows could be kept up to date.")
            : new UserTable(
                $"\"{name}\"",
                Names(columns.Where(column => !column.IsGenerated)),
                Names(key),
                [.. columns.Where(column => column is { IsGenerated: false, IsIdentity: false, IsKey: false }).Select(column => column.Name)],
                [.. columns.Where(column => column.Type == "bigint").Select(column => column.Name)]);

        static string Names(IEnumerable<Column> some) => string.Join(", ", some.Select(column => column.Name));
    }

    private sealed record Column(
        string Table, string Name, string Type, bool IsRequired, bool IsGenerated, bool IsIdentity, bool IsKey)
    {
        public override string ToString() => $"{Table}.{Name} {Type}{(IsRequired ? " not null" : "")}";
    }
}
