using Acme.Service.Domain.Common;
using Microsoft.EntityFrameworkCore;

namespace Acme.Service.Infrastructure.Persistence.Migrations;

/// <summary>Gives buckets to shards, in the directory first and then in each shard itself.</summary>
internal static class BucketDeal
{
    [Sql(typeof(string[]), typeof(int), InDirectory = true)]
    private const string Deal = """
        INSERT INTO bucket_map (bucket, shard, epoch)
        SELECT bucket, ({0}::text[])[bucket * cardinality({0}::text[]) / {1} + 1], 1
        FROM generate_series(0, {1} - 1) AS bucket
        ON CONFLICT (bucket) DO NOTHING
        """;

    [Sql(typeof(string), Row = typeof(OwnedBucket), InDirectory = true)]
    private const string Owned = "SELECT bucket AS \"Number\", epoch AS \"Epoch\" FROM bucket_map WHERE shard = {0}";

    [Sql(typeof(short[]), typeof(long[]))]
    private const string Take = """
        INSERT INTO bucket_owner (bucket, epoch, state)
        SELECT bucket, epoch, 'active' FROM unnest({0}::smallint[], {1}::bigint[]) AS owned (bucket, epoch)
        ON CONFLICT (bucket) DO NOTHING
        """;

    /// <summary>Gives every bucket that has no shard yet to one of the configured shards, in equal runs of numbers.</summary>
    public static Task InDirectoryAsync(
        DirectoryContext context, IReadOnlyList<string> shards, CancellationToken cancellationToken)
    {
        return context.Database.ExecuteSqlRawAsync(Deal, [shards.ToArray(), Bucket.Count], cancellationToken);
    }

    /// <summary>Numbers and epochs of the buckets that the directory says are on the shard.</summary>
    public static async Task<(short[] Buckets, long[] Epochs)> OfAsync(
        DirectoryContext context, string shard, CancellationToken cancellationToken)
    {
        var rows = await context.Database
            .SqlQueryRaw<OwnedBucket>(Owned, shard)
            .ToListAsync(cancellationToken);
        return ([.. rows.Select(row => row.Number)], [.. rows.Select(row => row.Epoch)]);
    }

    /// <summary>Tells the shard which buckets are its own. What it knows of a bucket already is what counts.</summary>
    public static Task InShardAsync(
        ShardContext context, (short[] Buckets, long[] Epochs) owned, CancellationToken cancellationToken) =>
        context.Database.ExecuteSqlRawAsync(Take, [owned.Buckets, owned.Epochs], cancellationToken);

    private sealed record OwnedBucket(short Number, long Epoch);
}
