using Domain.Common;

namespace Infrastructure.Sharding;

/// <summary>How far a move has come, which is where the next run goes on if this one dies.</summary>
internal enum MovePhase
{
    /// <summary>The target's rows are not complete yet, so the copy begins anew.</summary>
    Copying,

    /// <summary>What changed since the copy is in the source's bucket_changes. The source serves the bucket, or has just closed it.</summary>
    Tailing,

    /// <summary>The map names the target, which does not serve the bucket yet.</summary>
    Opening,

    /// <summary>The target serves the bucket; the source still has the old rows.</summary>
    Cleaning,

    Done,
}

/// <summary>A bucket on its way from one shard to another.</summary>
/// <param name="Epoch">Of the bucket on the target.</param>
internal sealed record BucketMove(
    Bucket Bucket, string Source, string Target, long Epoch, MovePhase Phase, DateTimeOffset StartedAt);
