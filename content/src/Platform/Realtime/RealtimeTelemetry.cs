using System.Diagnostics.Metrics;

namespace Platform.Realtime;

/// <summary>Meters of who is connected, what was read for them, and whom it could not be told.</summary>
internal sealed class RealtimeTelemetry
{
    public const string Name = "Platform.Realtime";

    private readonly UpDownCounter<int> _clients;
    private readonly Counter<long> _read;
    private readonly Counter<long> _resets;
    private readonly Gauge<long> _pending;

    public RealtimeTelemetry(IMeterFactory meters)
    {
        var meter = meters.Create(Name);
        _clients = meter.CreateUpDownCounter<int>("events.clients", "{client}", "Clients that are connected to this instance.");
        _read = meter.CreateCounter<long>("events.read", "{event}", "Events that streams have read, by shard.");
        _resets = meter.CreateCounter<long>("events.resets", "{reset}", "Clients that were told to read anew, by why.");
        _pending = meter.CreateGauge<long>(
            "events.oldest_pending", "s", "Age of the oldest event that an open transaction holds back, by shard.");
    }

    public void Connected(int change) => _clients.Add(change);

    public void Read(string shard, int count) => _read.Add(count, new KeyValuePair<string, object?>("shard", shard));

    public void Pending(string shard, TimeSpan age) =>
        _pending.Record((long)age.TotalSeconds, new KeyValuePair<string, object?>("shard", shard));

    public void Reset(string reason) => _resets.Add(1, new KeyValuePair<string, object?>("reason", reason));
}
