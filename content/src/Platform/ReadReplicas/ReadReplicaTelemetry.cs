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
        meter.CreateObservableGauge(
            "replica.lag", () => Of(server => server.Lag.TotalSeconds), "s", "How long the primary has been ahead.");
        meter.CreateObservableGauge(
            "replica.usable", () => Of(server => server.IsUsable ? 1 : 0), "{replica}", "1 when reads may go there.");

        IEnumerable<Measurement<double>> Of(Func<ReplicaServer, double> value) => replicas.Servers.Select(
            server => new Measurement<double>(value(server), new KeyValuePair<string, object?>("server", server.Name)));
    }

    public void Routed(string database, string to, string? reason) =>
        _routed.Add(1, new("database", database), new("to", to), new KeyValuePair<string, object?>("reason", reason));

    public void Waited(string database, TimeSpan time) =>
        _waits.Record(time.TotalSeconds, new KeyValuePair<string, object?>("database", database));
}
