using System.Collections.Concurrent;
using System.Collections.Immutable;
using Domain.Common;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Infrastructure.Realtime;

/// <summary>The clients that are connected to this instance. Readers give it what they read; it is with whom it is for.</summary>
internal sealed class EventHub
{
    private readonly ConcurrentDictionary<UserId, ImmutableArray<EventSubscription>> _subscriptions = new();
    private readonly RealtimeOptions _options;
    private readonly RealtimeTelemetry _telemetry;
    private volatile bool _isStopping;

    public EventHub(IOptions<RealtimeOptions> options, IHostApplicationLifetime lifetime, RealtimeTelemetry telemetry)
    {
        (_options, _telemetry) = (options.Value, telemetry);
        // Before the server waits for its connections to end, so that they do.
        lifetime.ApplicationStopping.Register(Stop);
    }

    public bool IsEmpty => _subscriptions.IsEmpty;

    private IEnumerable<EventSubscription> All => _subscriptions.Values.SelectMany(some => some);

    /// <summary>The client is given what is read from now on. It begins with a gap, since it has nothing yet.</summary>
    public EventSubscription Add(UserId owner)
    {
        var subscription = new EventSubscription(this, owner, _options.ClientQueue);
        _subscriptions.AddOrUpdate(owner, [subscription], (_, some) => some.Add(subscription));
        _telemetry.Connected(1);
        if (_isStopping)
        {
            subscription.Complete();
        }

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
                _telemetry.Connected(-1);
                return;
            }
        }
    }

    public void Publish(UserId owner, StoredEvent next)
    {
        if (_subscriptions.TryGetValue(owner, out var some))
        {
            foreach (var subscription in some)
            {
                subscription.Offer(next);
            }
        }
    }

    /// <summary>Has every client ask its shard for what it does not have.</summary>
    public void FallBehind()
    {
        foreach (var subscription in All)
        {
            subscription.FallBehind();
        }
    }

    public void Beat()
    {
        foreach (var subscription in All)
        {
            subscription.Beat();
        }
    }

    private void Stop()
    {
        _isStopping = true;
        foreach (var subscription in All)
        {
            subscription.Complete();
        }
    }
}
