using System.Diagnostics.Metrics;

namespace Platform.ReadReplicas;

/// <summary>Meters of where reads went and why, and of how far the replicas are. Npgsql has those of its pools.</summary>
internal sealed class ReadReplicaTelemetry
{
    public const string Name = "Platform.ReadReplicas";

    private readonly Counter<long> _routed;
    private readonly Histogram<double> _waits;

    public ReadReplicaTelemetry(IMeterFactory meters, Replicas replicas)
    {
        var meter = meters.Create(Name);
        _routed = meter.CreateCounter<long>(
            "reads.routed", "{read}", "Reads by database, by where they went (replica, primary, refused) and why.");
        _waits = meter.CreateHistogram<double>("reads.replica_wait", "s", "Waits for a replica to pass a read's position.");
        Observe("replica.lag", "s", "How long the primary has been ahead.", server => server.Lag.TotalSeconds);
        Observe("replica.usable", "{replica}", "1 when reads may go there.", server => server.IsUsable ? 1 : 0);
        Observe("replica.reads", "{read}", "Reads that are there now.", server => server.InFlight);

        void Observe(string name, string unit, string description, Func<ReplicaServer, double> value) =>
            meter.CreateObservableGauge(
            name,
            () => replicas.Servers.Select(server =>
                new Measurement<double>(value(server), new KeyValuePair<string, object?>("server", server.Name))),
            unit,
            description);
    }

    public void Routed(string database, string to, string? reason) =>
        _routed.Add(1, new("database", database), new("to", to), new KeyValuePair<string, object?>("reason", reason));

    public void Waited(string database, TimeSpan time) =>
        _waits.Record(time.TotalSeconds, new KeyValuePair<string, object?>("database", database));
}
