using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Infrastructure.Sharding;

/// <summary>
/// Copies the rows of a bucket from one shard to another, compares and deletes them, some hundred at a time. A row goes as
/// text, in an INSERT: COPY cannot write to a table with row level security.
/// </summary>
/// <param name="progress">Gets a line for people after each statement, while the bucket is open.</param>
internal sealed class RowCopy(
    MoveSession source, MoveSession target, IReadOnlyList<UserTable> tables, short bucket, Func<string, Task> progress)
{
    private const int AtOnce = 1_000;

    private readonly string _ofBucket = $"bucket_of(owner_id) = {bucket}";

    /// <summary>All rows that are there, while others are written. A table comes after those that it references.</summary>
    /// <returns>How many.</returns>
    public async Task<long> CopyAsync(CancellationToken cancellationToken)
    {
        var count = 0L;
        foreach (var table in tables)
        {
            await foreach (var owners in OwnersAsync(source, table, cancellationToken))
            {
                for (List<string> rows = []; ;)
                {
                    var began = Stopwatch.GetTimestamp();
                    object[] arguments = rows.Count == 0 ? [owners] : [owners, rows[^1]];
                    var after = rows.Count == 0 ? "" : $"AND ({table.Key}) > ({table.KeyOf("$2")})";
                    rows = await source.QueryAsync(
                        $"SELECT moved::text FROM {table.Name} AS moved WHERE {Of(owners)} {after} ORDER BY {table.Key} LIMIT {AtOnce}",
                        row => row.GetString(0), cancellationToken, arguments);
                    await WriteAsync(table, rows, cancellationToken);
                    count += rows.Count;
                    await PauseAsync(began, $"{count} rows are copied; now those of {table.Name}.", cancellationToken);
                    if (rows.Count < AtOnce)
                    {
                        break;
                    }
                }
            }
        }

        return count;
    }

    /// <summary>Rows that were inserted or updated by this transaction or later ones.</summary>
    /// <returns>How many.</returns>
    public async Task<long> CopySinceAsync(string transaction, CancellationToken cancellationToken)
    {
        var count = 0L;
        foreach (var table in tables)
        {
            var rows = await source.QueryAsync(
                $"SELECT moved::text FROM {table.Name} AS moved WHERE {_ofBucket} AND age(xmin) <= age($1::text::xid)",
                row => row.GetString(0), cancellationToken, transaction);
            foreach (var some in rows.Chunk(AtOnce))
            {
                await WriteAsync(table, some, cancellationToken);
            }

            count += rows.Count;
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
        var differing = await DifferencesAsync(tables, byOwner: false, cancellationToken);
        foreach (var table in tables.Reverse().Where(table => differing.ContainsKey(table.Name)))
        {
            var owners = (await DifferencesAsync([table], byOwner: true, cancellationToken))[table.Name].ToArray();
            var keys = await source.QueryAsync(
                $"SELECT ROW({table.Key})::text FROM {table.Name} WHERE owner_id = ANY ($1)",
                row => row.GetString(0), cancellationToken, owners);
            await target.ExecuteAsync(
                $"DELETE FROM {table.Name} WHERE owner_id = ANY ($1) AND ROW({table.Key})::text <> ALL ($2)",
                cancellationToken, owners, keys);
        }

        if (differing.Count > 0 && (await DifferencesAsync(tables, byOwner: true, cancellationToken)).FirstOrDefault() is { Value: { } users } wrong)
        {
            throw new MoveException(
                MoveOutcome.Failed,
                $"Rows of user {users.First()} in table {wrong.Key} are not the same on {target.Database} as on {source.Database}. Nothing was switched.");
        }
    }

    /// <returns>How many rows there were.</returns>
    public async Task<long> DeleteAsync(MoveSession shard, CancellationToken cancellationToken)
    {
        var count = 0L;
        foreach (var table in tables.Reverse())
        {
            await foreach (var owners in OwnersAsync(shard, table, cancellationToken))
            {
                for (var deleted = AtOnce; deleted == AtOnce;)
                {
                    var began = Stopwatch.GetTimestamp();
                    deleted = await shard.ExecuteAsync(
                        $"DELETE FROM {table.Name} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {table.Name} WHERE {Of(owners)} LIMIT {AtOnce}))",
                        cancellationToken, owners);
                    count += deleted;
                    await PauseAsync(began, $"{count} rows are deleted on {shard.Database}.", cancellationToken);
                }
            }
        }

        return count;
    }

    /// <summary>The owners of the bucket's rows: some who together have few, or one, who may have many.</summary>
    private async IAsyncEnumerable<Guid[]> OwnersAsync(
        MoveSession shard, UserTable table, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var last = Guid.Empty; ;)
        {
            var ofRows = await shard.QueryAsync(
                $"SELECT owner_id FROM {table.Name} WHERE {_ofBucket} AND owner_id > $1 ORDER BY owner_id LIMIT {AtOnce}",
                row => row.GetGuid(0), cancellationToken, last);
            var owners = ofRows.Distinct().ToArray();
            if (owners.Length == 0)
            {
                yield break;
            }

            // The last one has further rows, maybe.
            owners = ofRows.Count == AtOnce && owners.Length > 1 ? owners[..^1] : owners;
            yield return owners;
            last = owners[^1];
        }
    }

    private async Task WriteAsync(UserTable table, IReadOnlyList<string> rows, CancellationToken cancellationToken)
    {
        if (rows.Count > 0)
        {
            await target.ExecuteAsync(table.Upsert, cancellationToken, rows);
        }
    }

    /// <returns>Names of tables, and whose rows differ; without owners their rows are compared as a whole.</returns>
    private async Task<Dictionary<string, IEnumerable<Guid>>> DifferencesAsync(
        IEnumerable<UserTable> some, bool byOwner, CancellationToken cancellationToken)
    {
        var (owner, groups) = byOwner ? ("owner_id", "GROUP BY owner_id") : ($"'{Guid.Empty}'::uuid", "");
        var sql = string.Join("\nUNION ALL ", some.Select(table => $"""
            SELECT '{table.Name}', {owner}, concat_ws(' ', count(*), sum(hash_record_extended(ROW({table.Hashed}), 0)))
            FROM {table.Name} WHERE {_ofBucket} {groups}
            """));
        var digests = await Task.WhenAll(DigestsAsync(source), DigestsAsync(target));
        return digests[0].Except(digests[1]).Concat(digests[1].Except(digests[0])).GroupBy(digest => digest.Table, digest => digest.Owner)
            .ToDictionary(table => table.Key, table => table.Distinct());

        Task<List<(string Table, Guid Owner, string)>> DigestsAsync(MoveSession shard) => shard.QueryAsync(
            sql, row => (row.GetString(0), row.GetGuid(1), row.GetString(2)), cancellationToken);
    }

    private static string Of(Guid[] owners) => owners.Length == 1 ? "owner_id = ($1::uuid[])[1]" : "owner_id = ANY ($1)";

    /// <summary>As long as what it was for took, so that the servers' other clients have half of the time for themselves.</summary>
    private async Task PauseAsync(long began, string line, CancellationToken cancellationToken)
    {
        await Task.Delay(Stopwatch.GetElapsedTime(began), cancellationToken);
        await progress(line);
    }
}
