namespace Migrator.Moves;

/// <summary>Which shard has which buckets, as the directory says.</summary>
public static class BucketSummary
{
    /// <summary>Buckets with numbers that follow each other are a run: their difference to their rank is the same.</summary>
    [Sql(Columns = [typeof(string), typeof(long), typeof(string)], InDirectory = true)]
    private const string ShardsSql = """
        SELECT shard, sum(size)::bigint, string_agg(CASE size WHEN 1 THEN first::text ELSE first || '-' || last END, ', ' ORDER BY first)
        FROM (
            SELECT shard, count(*) AS size, min(bucket) AS first, max(bucket) AS last
            FROM (SELECT shard, bucket, bucket - row_number() OVER (PARTITION BY shard ORDER BY bucket) AS run FROM bucket_map) AS b
            GROUP BY shard, run
        ) AS runs
        GROUP BY shard ORDER BY length(shard), shard
        """;

    [Sql(Columns = [typeof(short), typeof(string), typeof(string), typeof(bool), typeof(string), typeof(int)],
        InDirectory = true)]
    private const string MovesSql = """
        SELECT bucket, source, target, is_open, note, extract(epoch FROM clock_timestamp() - noted_at)::int
        FROM bucket_moves ORDER BY bucket
        """;

    /// <returns>A line for each shard and for each move that is not finished.</returns>
    public static Task<MoveResult> DescribeAsync(IConfiguration configuration, CancellationToken cancellationToken) =>
        MoveResult.OfAsync(
        async () => new(MoveOutcome.Done, string.Join('\n', await LinesAsync(configuration, cancellationToken))),
        cancellationToken);

    private static async Task<IReadOnlyList<string>> LinesAsync(IConfiguration configuration, CancellationToken cancellationToken)
    {
        var names = DatabaseNames.From(configuration);
        await using var source = MoveSession.ServerOf(configuration, DatabaseNames.Directory);
        var lines = new List<string>();
        var empty = names.Shards.ToHashSet();
        await using (var shards = source.CreateCommand(ShardsSql))
        await using (var reader = await shards.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                empty.Remove(reader.GetString(0));
                lines.Add($"{reader.GetString(0),-10} {reader.GetInt64(1),5} buckets: {reader.GetString(2)}");
            }
        }

        lines.AddRange(names.Shards.Where(empty.Contains).Select(shard => $"{shard,-10} {0,5} buckets"));
        await using var moves = source.CreateCommand(MovesSql);
        await using var unfinished = await moves.ExecuteReaderAsync(cancellationToken);
        while (await unfinished.ReadAsync(cancellationToken))
        {
            lines.Add(
                $"Bucket {unfinished.GetInt16(0)} moves from {unfinished.GetString(1)} to {unfinished.GetString(2)}, "
                + $"{(unfinished.GetBoolean(3) ? "which is decided" : "which can be aborted")}. "
                + $"{unfinished.GetInt32(5)} s ago: {unfinished.GetString(4)}");
        }

        return lines;
    }
}
