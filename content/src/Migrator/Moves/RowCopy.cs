namespace Migrator.Moves;

/// <summary>
/// Copies the rows of a bucket from one shard to another, compares and deletes them, some hundred at a time. A row goes as
/// text, in an INSERT: COPY cannot write to a table with row level security.
/// </summary>
/// <param name="progress">Gets a line for people after each statement, while the bucket is open.</param>
internal sealed class RowCopy(
    MoveSession source, MoveSession target, IReadOnlyList<UserTable> tables, short bucket, Func<string, Task> progress)
{
    private const int AtOnce = 500;

    /// <summary>
    /// A row that was not visible to a statement after this one was written by this transaction or a later one.
    /// </summary>
    [Sql(Columns = [typeof(string)])]
    private const string HorizonSql = "SELECT pg_snapshot_xmin(pg_current_snapshot())::xid::text";

    private readonly string _ofBucket = $"bucket_of(owner_id) = {bucket}";
    private string _since = "";

    /// <summary>All rows that are there, while others are written.</summary>
    /// <returns>How many.</returns>
    public async Task<long> CopyAsync(CancellationToken cancellationToken)
    {
        _since = (await source.ScalarAsync<string>(HorizonSql, cancellationToken))!;
        return await PagesAsync(
            source, tables, (table, rows) => target.ExecuteAsync(table.Upsert, cancellationToken, rows), cancellationToken);
    }

    /// <summary>Rows that were inserted or updated since the last copy began.</summary>
    /// <returns>How many.</returns>
    public async Task<long> FollowAsync(CancellationToken cancellationToken)
    {
        var (since, count) = (_since, 0L);
        _since = (await source.ScalarAsync<string>(HorizonSql, cancellationToken))!;
        var recent = await source.QueryAsync(
            string.Join("\nUNION ALL ", tables.Select(table =>
                $"SELECT '{table.Name}', moved::text FROM {table.Name} AS moved "
                + $"WHERE {_ofBucket} AND age(xmin) <= age($1::text::xid)")),
            row => (Table: row.GetString(0), Row: row.GetString(1)), cancellationToken, since);
        foreach (var table in tables)
        {
            foreach (var some in recent.Where(row => row.Table == table.Name).Select(row => row.Row).Chunk(AtOnce))
            {
                count += await target.ExecuteAsync(table.Upsert, cancellationToken, some.ToList());
            }
        }

        return count;
    }

    /// <summary>
    /// Compares number and digest of all rows of each table. Rows that were deleted on the source since they were copied are
    /// deleted here as well.
    /// </summary>
    /// <exception cref="MoveException">Rows differ.</exception>
    public async Task VerifyAsync(CancellationToken cancellationToken)
    {
        var differing = await DifferencesAsync(tables, "''", "", cancellationToken);
        foreach (var table in tables.Reverse().Where(table => differing.Contains(table.Name)))
        {
            var owners = (await DifferencesAsync([table], "owner_id", "GROUP BY owner_id", cancellationToken))[table.Name]
                .Select(Guid.Parse).Distinct().ToArray();
            var keys = await source.QueryAsync(
                $"SELECT ROW({table.Key})::text FROM {table.Name} WHERE owner_id = ANY ($1)",
                row => row.GetString(0), cancellationToken, owners);
            await target.ExecuteAsync(
                $"DELETE FROM {table.Name} WHERE owner_id = ANY ($1) AND ROW({table.Key})::text <> ALL ($2)",
                cancellationToken, owners, keys);
        }

        if (differing.Count > 0
            && (await DifferencesAsync(tables, "owner_id", "GROUP BY owner_id", cancellationToken)).FirstOrDefault() is { } wrong)
        {
            throw new MoveException(
                MoveOutcome.Failed,
                $"Rows of user {wrong.First()} in table {wrong.Key} differ on {source.Database} and {target.Database}.");
        }
    }

    /// <returns>How many rows there were.</returns>
    public Task<long> DeleteAsync(MoveSession shard, CancellationToken cancellationToken) => PagesAsync(
        shard, tables.Reverse(), (table, rows) => shard.ExecuteAsync(table.Delete, cancellationToken, rows), cancellationToken);

    /// <summary>
    /// The bucket's rows, user by user, in the order of the key. After each page rests as long as it took, so that the servers'
    /// other clients have half of the time.
    /// </summary>
    /// <param name="use">Gets some rows of one user, as text.</param>
    /// <returns>How many.</returns>
    private async Task<long> PagesAsync(
        MoveSession shard, IEnumerable<UserTable> some, Func<UserTable, List<string>, Task> use,
        CancellationToken cancellationToken)
    {
        var count = 0L;
        foreach (var table in some)
        {
            var next = $"SELECT owner_id FROM {table.Name} WHERE {_ofBucket} AND owner_id > $1 ORDER BY owner_id LIMIT 1";
            for (var owner = Guid.Empty; (owner = await shard.ScalarAsync<Guid>(next, cancellationToken, owner)) != Guid.Empty;)
            {
                for (List<string> rows = []; rows.Count is 0 or AtOnce;)
                {
                    var began = Stopwatch.GetTimestamp();
                    object[] arguments = rows.Count == 0 ? [owner] : [owner, rows[^1]];
                    var after = rows.Count == 0 ? "" : $"AND ({table.Key}) > ({table.KeyOf("$2")})";
                    rows = await shard.QueryAsync(
                        $"SELECT moved::text FROM {table.Name} AS moved "
                        + $"WHERE owner_id = $1 {after} ORDER BY {table.Key} LIMIT {AtOnce}",
                        row => row.GetString(0), cancellationToken, arguments);
                    if (rows.Count == 0)
                    {
                        break;
                    }

                    await use(table, rows);
                    count += rows.Count;
                    await Task.Delay(Stopwatch.GetElapsedTime(began), cancellationToken);
                    await progress($"{count} rows, now those of {table.Name}.");
                }
            }
        }

        return count;
    }

    /// <returns>Names of tables with what of them differs.</returns>
    private async Task<ILookup<string, string>> DifferencesAsync(
        IEnumerable<UserTable> some, string part, string groups, CancellationToken cancellationToken)
    {
        var sql = string.Join("\nUNION ALL ", some.Select(table => $"""
            SELECT '{table.Name}', {part}::text, concat_ws(' ', count(*), sum(hash_record_extended(ROW({table.Hashed}), 0)))
            FROM {table.Name} WHERE {_ofBucket} {groups}
            """));
        var digests = await Task.WhenAll(new[] { source, target }.Select(shard => shard.QueryAsync(
            sql, row => (Table: row.GetString(0), Part: row.GetString(1), Digest: row.GetString(2)), cancellationToken)));
        return digests[0].Except(digests[1]).Concat(digests[1].Except(digests[0]))
            .ToLookup(digest => digest.Table, digest => digest.Part);
    }
}
