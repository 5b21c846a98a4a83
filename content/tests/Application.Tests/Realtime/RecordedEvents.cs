using Application.Realtime;
using Application.Tests.Common;
using Domain.Common;

namespace Application.Tests.Realtime;

internal sealed record PublishedEvent(UserId Owner, string Type, object Payload);

/// <summary>The events that have been committed.</summary>
internal sealed class PublishedEvents
{
    public List<PublishedEvent> All { get; } = [];
}

internal sealed class RecordedEvents(PublishedEvents published, InMemoryUnitOfWork unitOfWork) : IEvents
{
    public Task PublishAsync<T>(UserId owner, string type, T payload, CancellationToken cancellationToken)
        where T : notnull
    {
        unitOfWork.Enlist(() => published.All.Add(new PublishedEvent(owner, type, payload)));
        return Task.CompletedTask;
    }
}
