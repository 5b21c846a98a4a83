using Domain.Common;

namespace Infrastructure.Realtime;

/// <summary>A connected client, which sleeps while it has no news.</summary>
internal sealed class EventSubscription(EventHub hub, UserId owner) : IDisposable
{
    private readonly SemaphoreSlim _news = new(0);

    public UserId Owner => owner;

    /// <summary>Returns when there may be news, or after the pause. News from before the call count.</summary>
    public Task WaitAsync(TimeSpan pause, CancellationToken cancellationToken) => _news.WaitAsync(pause, cancellationToken);

    /// <summary>Once is enough; one more does no harm.</summary>
    public void Wake()
    {
        if (_news.CurrentCount == 0)
        {
            _news.Release();
        }
    }

    public void Dispose() => hub.Remove(this);
}
