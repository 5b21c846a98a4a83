namespace Migrator.Migrations;

/// <summary>Gives buckets to shards, in the directory first and then in each shard itself.</summary>
internal static class BucketAssigner
{
    [Sql(typeof(string[]), typeof(int), InDirectory = true)]
    private const string DealSql = """
        INSERT INTO bucket_map (bucket, shard, epoch)
        SELECT bucket, ($1::text[])[bucket * cardinality($1::text[]) / $2 + 1], 1
        FROM generate_series(0, $2 - 1) AS bucket
        ON CONFLICT (bucket) DO NOTHING
        """;

    [Sql(typeof(string), Columns = [typeof(short), typeof(long)], InDirectory = true)]
    private const string OwnedSql = "SELECT bucket, epoch FROM bucket_map WHERE shard = $1";

    [Sql(typeof(short[]), typeof(long[]))]
    private const string TakeSql = """
        INSERT INTO bucket_owner (bucket, epoch, state)
        SELECT bucket, epoch, 'active' FROM unnest($1::smallint[], $2::bigint[]) AS owned (bucket, epoch)
        ON CONFLICT (bucket) DO NOTHING
        """;

    /// <summary>Gives every bucket that has no shard yet to one of the configured shards, in equal runs of numbers.</summary>
    public static Task InDirectoryAsync(
        NpgsqlConnection connection, IReadOnlyList<string> shards, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(DealSql, cancellationToken, shards.ToArray(), Bucket.Count);

    /// <summary>Numbers and epochs of the buckets that the directory says are on the shard.</summary>
    public static async Task<(short[] Buckets, long[] Epochs)> OfAsync(
        NpgsqlConnection connection, string shard, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(OwnedSql, connection) { Parameters = { new() { Value = shard } } };
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var (buckets, epochs) = (new List<short>(), new List<long>());
        while (await rows.ReadAsync(cancellationToken))
        {
            buckets.Add(rows.GetInt16(0));
            epochs.Add(rows.GetInt64(1));
        }

        return ([.. buckets], [.. epochs]);
    }

    /// <summary>Tells the shard which buckets are its own. What it knows of a bucket already is what counts.</summary>
    public static Task InShardAsync(
        NpgsqlConnection connection, (short[] Buckets, long[] Epochs) owned, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(TakeSql, cancellationToken, owned.Buckets, owned.Epochs);
}
