namespace Infrastructure.Sharding;

/// <summary>
/// Copies users' rows from one shard to another and compares them, within transactions of the caller. A whole bucket goes
/// by COPY, into temporary tables first, since COPY cannot write to a table with row level security. A few users go as text
/// in one round trip to each side, however many tables there are, since writers may be waiting.
/// </summary>
internal sealed class RowCopy(MoveSession source, MoveSession target, IReadOnlyList<UserTable> tables, short bucket)
{
    private const int UsersAtOnce = 100;

    private const string OfUsers = "owner_id = ANY ($1)";

    /// <summary>On the target, the rows that this transaction has written.</summary>
    private const string WrittenNow = "moved.xmin = pg_current_xact_id()::xid";

    private const string Every = "true";

    private readonly string _ofBucket = $"bucket_of(owner_id) = {bucket}";

    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        foreach (var table in tables)
        {
            await target.ExecuteAsync(
                $"CREATE TEMP TABLE {Stage(table)} ON COMMIT DELETE ROWS AS SELECT {table.Columns} FROM {table.Name} WITH NO DATA",
                cancellationToken);
        }
    }

    /// <summary>Makes the target's rows of the bucket what the source's are.</summary>
    /// <returns>How many rows there are.</returns>
    public async Task<long> CopyBucketAsync(CancellationToken cancellationToken)
    {
        await DeleteBucketAsync(target, cancellationToken);
        long rows = 0;
        foreach (var table in tables)
        {
            await source.CopyToAsync(
                $"SELECT {table.Columns} FROM {table.Name} WHERE {_ofBucket}", target, Stage(table), cancellationToken);
            rows += await target.ExecuteAsync(
                $"INSERT INTO {table.Name} ({table.Columns}) OVERRIDING SYSTEM VALUE SELECT {table.Columns} FROM {Stage(table)}",
                cancellationToken);
        }

        return rows;
    }

    /// <returns>How many rows there were.</returns>
    public async Task<long> DeleteBucketAsync(MoveSession from, CancellationToken cancellationToken)
    {
        long rows = 0;
        foreach (var table in tables.Reverse())
        {
            rows += await from.ExecuteAsync($"DELETE FROM {table.Name} WHERE {_ofBucket}", cancellationToken);
        }

        return rows;
    }

    /// <summary>
    /// Brings the target's rows of these users up to date: those that the source has written since an earlier copy, known
    /// by their xmin, so that a user with many rows costs little. Deleted ones are noticed by the count; then, and when
    /// <paramref name="since"/> is null, all rows of the users are replaced.
    /// </summary>
    /// <param name="since">The oldest transaction that was under way when the target's rows were copied.</param>
    /// <returns>Users for whom that did not work.</returns>
    public async Task<IReadOnlyCollection<Digest>> CopyUsersAsync(Guid[] users, string? since, CancellationToken cancellationToken)
    {
        var differences = new List<Digest>();
        foreach (var some in users.Chunk(UsersAtOnce))
        {
            var wrong = await CopyAsync(some, since, cancellationToken);
            if (wrong.Count > 0 && since is not null)
            {
                wrong = await CopyAsync([.. wrong.Select(digest => digest.User)], null, cancellationToken);
            }

            differences.AddRange(wrong);
        }

        return differences;
    }

    /// <summary>Users whose rows differ in number, sums or content.</summary>
    public async Task<IReadOnlyCollection<Digest>> DifferencesAsync(CancellationToken cancellationToken)
    {
        var theirs = target.QueryAsync(Digests(_ofBucket, Every), Digest.Read, cancellationToken);
        var ours = source.QueryAsync(Digests(_ofBucket, Every), Digest.Read, cancellationToken);
        return Differences(await ours, await theirs);
    }

    private async Task<IReadOnlyCollection<Digest>> CopyAsync(Guid[] users, string? since, CancellationToken cancellationToken)
    {
        var recent = since is null ? Every : $"age(moved.xmin) <= age('{since}'::xid)";
        var lines = await source.QueryAsync(
            Union(table => $"SELECT {Place(table)}, (moved.*)::text FROM {table.Name} AS moved WHERE {OfUsers} AND {recent}"),
            row => (Place: row.GetInt32(0), Text: row.GetString(1)),
            cancellationToken,
            users);
        var rows = lines.ToLookup(line => line.Place, line => line.Text);
        IEnumerable<(string, object[])> statements =
        [
            .. tables.Reverse().Where(_ => since is null)
                .Select(table => ($"DELETE FROM {table.Name} WHERE {OfUsers}", new object[] { users })),
            .. tables.Where(table => rows.Contains(Place(table)))
                .Select(table => (Upsert(table), new object[] { rows[Place(table)].ToArray() })),
            (Digests(OfUsers, since is null ? Every : WrittenNow), [users]),
        ];
        var theirs = target.QueryAsync(statements, Digest.Read, cancellationToken);
        var ours = source.QueryAsync(Digests(OfUsers, recent), Digest.Read, cancellationToken, users);
        return Differences(await ours, await theirs);
    }

    private static IReadOnlyCollection<Digest> Differences(List<Digest> ours, List<Digest> theirs) =>
        [.. ours.Except(theirs).Concat(theirs.Except(ours)).DistinctBy(digest => digest.User)];

    /// <param name="hashed">Which of the rows are compared by content; number and sums are of all.</param>
    private string Digests(string which, string hashed) => Union(table =>
    {
        string[] digest =
        [
            "count(*)",
            $"sum(hashtextextended((moved.*)::text, 0)::numeric) FILTER (WHERE {hashed})",
            .. table.Sums.Select(column => $"sum({column})"),
        ];
        return $"""
            SELECT owner_id, '{table.Name}', concat_ws(' ', {string.Join(", ", digest)})
            FROM {table.Name} AS moved WHERE {which} GROUP BY owner_id
            """;
    });

    private string Union(Func<UserTable, string> select) => string.Join("\nUNION ALL ", tables.Select(select));

    private int Place(UserTable table) => Enumerable.Range(0, tables.Count).First(place => tables[place] == table);

    private static string Upsert(UserTable table)
    {
        // A row that is the same is written as well, so that it counts among those that are compared.
        var changes = string.Join(", ", table.Changeable.DefaultIfEmpty("owner_id").Select(column => $"{column} = excluded.{column}"));
        return $"""
            INSERT INTO {table.Name} ({table.Columns}) OVERRIDING SYSTEM VALUE
            SELECT {table.Columns} FROM unnest($1::text[]::{table.Name}[]) AS moved
            ON CONFLICT ({table.Key}) DO UPDATE SET {changes}
            """;
    }

    private static string Stage(UserTable table) => $"\"moving {table.Name.Trim('"')}\"";
}
