using System.Collections.Concurrent;
using System.Collections.Immutable;
using Domain.Common;

namespace Infrastructure.Realtime;

/// <summary>The clients that are connected to this instance. Readers tell it who has news.</summary>
internal sealed class EventHub(RealtimeTelemetry telemetry)
{
    /// <summary>Streams that ask a shard at once: after a failover all want to, and requests must not wait for them.</summary>
    private const int AtOnce = 8;

    private readonly ConcurrentDictionary<UserId, ImmutableArray<EventSubscription>> _subscriptions = new();
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _turns = new();

    public bool IsEmpty => _subscriptions.IsEmpty;

    public SemaphoreSlim TurnsOf(string shard) => _turns.GetOrAdd(shard, static _ => new SemaphoreSlim(AtOnce));

    public EventSubscription Add(UserId owner)
    {
        var subscription = new EventSubscription(this, owner);
        _subscriptions.AddOrUpdate(owner, [subscription], (_, some) => some.Add(subscription));
        telemetry.Connected(1);
        return subscription;
    }

    public void Remove(EventSubscription subscription)
    {
        while (_subscriptions.TryGetValue(subscription.Owner, out var some))
        {
            var left = some.Remove(subscription);
            if (left.IsEmpty
                ? _subscriptions.TryRemove(KeyValuePair.Create(subscription.Owner, some))
                : _subscriptions.TryUpdate(subscription.Owner, left, some))
            {
                telemetry.Connected(-1);
                return;
            }
        }
    }

    public void Wake(UserId owner)
    {
        if (_subscriptions.TryGetValue(owner, out var some))
        {
            foreach (var subscription in some)
            {
                subscription.Wake();
            }
        }
    }

    public void WakeAll()
    {
        foreach (var owner in _subscriptions.Keys)
        {
            Wake(owner);
        }
    }
}
