using Application.Sagas;

namespace Application.Tests.Sagas;

internal sealed record StartedSaga(Type Saga, Guid Id, UserId Owner, object Data);

/// <summary>The sagas whose start has been committed.</summary>
internal sealed class StartedSagas
{
    public List<StartedSaga> All { get; } = [];
}

internal sealed class RecordedSagas(StartedSagas started, InMemoryUnitOfWork unitOfWork) : ISagas
{
    public Task StartAsync<TSaga, TData>(Guid id, UserId owner, TData data, CancellationToken cancellationToken)
        where TSaga : Saga<TData>
        where TData : class
    {
        unitOfWork.Enlist(() => started.All.Add(new StartedSaga(typeof(TSaga), id, owner, data)));
        return Task.CompletedTask;
    }
}
