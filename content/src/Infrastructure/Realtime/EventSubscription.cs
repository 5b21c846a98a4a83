using Domain.Common;
using Infrastructure.Persistence;

namespace Infrastructure.Realtime;

/// <summary>A connected client, which sleeps while it has no news.</summary>
internal sealed class EventSubscription(EventHub hub, UserId owner) : IDisposable
{
    private readonly Wakeup _news = new();

    public UserId Owner => owner;

    /// <summary>Returns when there may be news, or after the pause. News from before the call count.</summary>
    public Task WaitAsync(TimeSpan pause, CancellationToken cancellationToken) => _news.WaitAsync(pause, cancellationToken);

    public void Wake() => _news.Wake();

    public void Dispose() => hub.Remove(this);
}
