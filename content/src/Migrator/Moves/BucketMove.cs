namespace Migrator.Moves;

/// <summary>A bucket on its way from one shard to another.</summary>
/// <param name="Epoch">Of the bucket on the target; on the source it is lower by one.</param>
/// <param name="IsOpen">The bucket map names the target. Until then the move can be aborted.</param>
internal sealed record BucketMove(short Bucket, string Source, string Target, long Epoch, bool IsOpen)
{
    /// <summary>What the last run has done last.</summary>
    public string Note { get; init; } = "";

    public DateTimeOffset NotedAt { get; init; }
}

/// <summary>What a move has just done. Each is a place where a run may die.</summary>
public enum MoveStep
{
    Registered,
    Prepared,
    Copying,
    Copied,
    Followed,

    /// <summary>From here to <see cref="Mapped"/> the source refuses writes to the bucket.</summary>
    Closed,
    Completed,
    Verified,

    /// <summary>From here to <see cref="Mapped"/> the source refuses reads as well.</summary>
    Left,
    Mapped,
    Opened,
    Cleaned,
    Done,
}

public sealed record MoveOptions
{
    /// <summary>How long the source keeps its rows, for queries that were under way when the bucket moved.</summary>
    public TimeSpan KeepFor { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the source may refuse writes. A move that needs longer gives up, and the source goes on.</summary>
    public TimeSpan MaxClosed { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long to wait for a standby of the target before the bucket is closed.</summary>
    public TimeSpan StandbyTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long to try to close the bucket while transactions that write to it are open.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromMinutes(1);
}
