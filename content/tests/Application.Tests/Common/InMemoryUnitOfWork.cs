using Acme.Service.Application.Common;

namespace Acme.Service.Application.Tests.Common;

internal sealed class CommitCount
{
    public int Value { get; set; }
}

/// <summary>Does what the fakes of write ports have enlisted when it commits, and nothing of it without a commit.</summary>
internal sealed class InMemoryUnitOfWork(CommitCount count) : IUnitOfWork
{
    private readonly List<Action> _changes = [];

    public void Enlist(Action change) => _changes.Add(change);

    public Task CommitAsync(CancellationToken cancellationToken)
    {
        _changes.ForEach(change => change());
        _changes.Clear();
        count.Value++;
        return Task.CompletedTask;
    }
}
