using System.Collections.Immutable;

namespace Platform.Realtime;

/// <summary>The streams of clients that are connected to this instance, which sleep. Readers tell it who has news.</summary>
internal sealed class EventHub(RealtimeTelemetry telemetry)
{
    /// <summary>Streams that ask a shard at once: after a failover all want to, and requests must not wait for them.</summary>
    internal const int AtOnce = 2;

    private readonly ConcurrentDictionary<UserId, ImmutableList<Wakeup>> _streams = new();
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _turns = new();

    public bool IsEmpty => _streams.IsEmpty;

    public SemaphoreSlim TurnsOf(string shard) => _turns.GetOrAdd(shard, static _ => new SemaphoreSlim(AtOnce));

    public void Add(UserId owner, Wakeup stream)
    {
        _streams.AddOrUpdate(owner, [stream], (_, some) => some.Add(stream));
        telemetry.Connected(1);
    }

    public void Remove(UserId owner, Wakeup stream)
    {
        _streams.AddOrUpdate(owner, [], (_, some) => some.Remove(stream));
        _streams.TryRemove(KeyValuePair.Create(owner, ImmutableList<Wakeup>.Empty));
        telemetry.Connected(-1);
    }

    public void Wake(UserId owner) => _streams.GetValueOrDefault(owner)?.ForEach(stream => stream.Wake());

    public void WakeAll()
    {
        foreach (var owner in _streams.Keys)
        {
            Wake(owner);
        }
    }
}
