using Acme.Service.Domain.Common;
using Microsoft.EntityFrameworkCore;

namespace Acme.Service.Infrastructure.Persistence.Migrations;

/// <summary>Gives buckets to shards, in the directory first and then in each shard itself.</summary>
internal static class BucketDeal
{
    /// <summary>Gives every bucket that has no shard yet to one of the configured shards, in equal runs of numbers.</summary>
    public static Task InDirectoryAsync(
        DirectoryContext context, IReadOnlyList<string> shards, CancellationToken cancellationToken)
    {
        var names = shards.ToArray();
        return context.Database.ExecuteSqlAsync(
            $"""
             INSERT INTO bucket_map (bucket, shard, epoch)
             SELECT bucket, ({names}::text[])[bucket * {names.Length} / {Bucket.Count} + 1], 1
             FROM generate_series(0, {Bucket.Count - 1}) AS bucket
             ON CONFLICT (bucket) DO NOTHING
             """,
            cancellationToken);
    }

    /// <summary>Numbers and epochs of the buckets that the directory says are on the shard.</summary>
    public static async Task<(short[] Buckets, long[] Epochs)> OfAsync(
        DirectoryContext context, string shard, CancellationToken cancellationToken)
    {
        var rows = await context.Database
            .SqlQuery<OwnedBucket>($"""SELECT bucket AS "Number", epoch AS "Epoch" FROM bucket_map WHERE shard = {shard}""")
            .ToListAsync(cancellationToken);
        return ([.. rows.Select(row => row.Number)], [.. rows.Select(row => row.Epoch)]);
    }

    /// <summary>Tells the shard which buckets are its own. What it knows of a bucket already is what counts.</summary>
    public static Task InShardAsync(
        ShardContext context, (short[] Buckets, long[] Epochs) owned, CancellationToken cancellationToken) =>
        context.Database.ExecuteSqlAsync(
            $"""
             INSERT INTO bucket_owner (bucket, epoch, state)
             SELECT bucket, epoch, 'active' FROM unnest({owned.Buckets}, {owned.Epochs}) AS owned (bucket, epoch)
             ON CONFLICT (bucket) DO NOTHING
             """,
            cancellationToken);

    private sealed record OwnedBucket(short Number, long Epoch);
}
