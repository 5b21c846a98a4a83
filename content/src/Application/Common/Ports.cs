namespace Application.Common;

/// <summary>Marks a port that only reads. Its adapter may answer from a replica.</summary>
public interface IReadPort;

/// <summary>Marks a port that changes state. Its adapter works on the primary; query handlers may not depend on it.</summary>
public interface IWritePort;

/// <summary>What the write ports of one command have changed, committed together.</summary>
public interface IUnitOfWork : IWritePort
{
    /// <summary>Whether anything has been read or changed in it yet.</summary>
    bool IsEmpty { get; }

    /// <summary>Whether the rows of both users can be changed in one unit of work.</summary>
    ValueTask<bool> CanHoldAsync(UserId one, UserId other, CancellationToken cancellationToken);

    /// <summary>Makes every change durable in one transaction on one shard. Nothing is stored without it.</summary>
    Task CommitAsync(CancellationToken cancellationToken);

    /// <summary>Empties it: nothing of what was changed in it is stored.</summary>
    Task RollBackAsync();

    /// <summary>
    /// After an exception: empties it and answers true when nothing was stored and the same command may well succeed now,
    /// as after a deadlock, or when the users' bucket has moved to another shard.
    /// </summary>
    /// <param name="attempt">1 for the first attempt that failed.</param>
    Task<bool> CanRetryAsync(Exception exception, int attempt, CancellationToken cancellationToken);
}
