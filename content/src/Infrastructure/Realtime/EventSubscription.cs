using System.Threading.Channels;
using Domain.Common;

namespace Infrastructure.Realtime;

/// <summary>What is missing between what a client has and what is in its queue.</summary>
internal enum EventGap
{
    None,

    /// <summary>Events that the shard still has.</summary>
    Behind,

    /// <summary>More than it has taken from its queue in time.</summary>
    TooSlow,
}

/// <summary>The queue of one connected client, of bounded length.</summary>
internal sealed class EventSubscription(EventHub hub, UserId owner, int length) : IDisposable
{
    /// <summary>Null is a heartbeat.</summary>
    private readonly Channel<StoredEvent?> _queue = Channel.CreateBounded<StoredEvent?>(
        new BoundedChannelOptions(length) { SingleReader = false, SingleWriter = false });

    private int _gap = (int)EventGap.Behind;

    public UserId Owner => owner;

    /// <summary>The service stops.</summary>
    public bool IsCompleted { get; private set; }

    public bool HasGap => Volatile.Read(ref _gap) != (int)EventGap.None;

    public EventGap TakeGap() => (EventGap)Interlocked.Exchange(ref _gap, (int)EventGap.None);

    public bool TryRead(out StoredEvent? next) => _queue.Reader.TryRead(out next);

    /// <summary>False when there will be no more.</summary>
    public async ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        try
        {
            return HasGap || await _queue.Reader.WaitToReadAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    public void Offer(StoredEvent next)
    {
        if (Volatile.Read(ref _gap) != (int)EventGap.TooSlow && !_queue.Writer.TryWrite(next))
        {
            Volatile.Write(ref _gap, (int)EventGap.TooSlow);
            while (_queue.Reader.TryRead(out _))
            {
                // What was in the queue is of no use any more, and must not be kept for a client that may never come.
            }

            Beat();
        }
    }

    /// <summary>Says that events are missing that the shard still has.</summary>
    public void FallBehind()
    {
        Interlocked.CompareExchange(ref _gap, (int)EventGap.Behind, (int)EventGap.None);
        Beat();
    }

    /// <summary>A client whose queue is full has something to do anyway.</summary>
    public void Beat() => _queue.Writer.TryWrite(null);

    public void Complete()
    {
        IsCompleted = true;
        _queue.Writer.TryComplete();
    }

    public void Dispose() => hub.Remove(this);
}
