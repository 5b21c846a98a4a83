namespace Application.Tests.Common;

internal sealed class CommitCount
{
    public int Value { get; set; }

    /// <summary>What the next commit fails with, instead of storing anything.</summary>
    public Exception? NextFailure { get; set; }
}

/// <summary>
/// Does what the fakes of write ports have enlisted when it commits, and nothing of it without a commit. Once committed, it has
/// nothing to commit until something is enlisted again.
/// </summary>
internal sealed class InMemoryUnitOfWork(CommitCount count) : IUnitOfWork
{
    private readonly List<Action> _changes = [];
    private bool _hasCommitted;

    public bool IsEmpty => _changes.Count == 0;

    public void Enlist(Action change) => _changes.Add(change);

    /// <summary>Users of one half of the buckets are together, as with two shards.</summary>
    public ValueTask<bool> CanHoldAsync(UserId one, UserId other, CancellationToken cancellationToken) =>
        new(one.Bucket.Value / (Bucket.Count / 2) == other.Bucket.Value / (Bucket.Count / 2));

    public Task CommitAsync(CancellationToken cancellationToken)
    {
        if (IsEmpty && _hasCommitted)
        {
            return Task.CompletedTask;
        }

        if (count.NextFailure is { } failure)
        {
            count.NextFailure = null;
            throw failure;
        }

        _changes.ForEach(change => change());
        _changes.Clear();
        count.Value++;
        _hasCommitted = true;
        return Task.CompletedTask;
    }

    public Task RollBackAsync()
    {
        _changes.Clear();
        return Task.CompletedTask;
    }

    public Task<bool> CanRetryAsync(Exception exception, int attempt, CancellationToken cancellationToken)
    {
        _changes.Clear();
        return Task.FromResult(exception is RetryableException);
    }
}

/// <summary>Stands for what a database throws when the same may succeed on another try.</summary>
internal sealed class RetryableException : Exception;
