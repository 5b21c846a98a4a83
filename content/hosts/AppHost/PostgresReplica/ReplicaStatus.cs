using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AppHost.PostgresReplica;

/// <summary>How a replica is doing, as it tells itself.</summary>
/// <param name="InRecovery">False once it was promoted.</param>
/// <param name="Streaming">Whether it receives from its primary at the moment.</param>
/// <param name="Paused">Whether it holds back what it receives.</param>
/// <param name="BytesBehind">WAL that the primary is known to have and that cannot be seen here yet.</param>
internal sealed record ReplicaStatus(bool InRecovery, bool Streaming, bool Paused, long BytesBehind)
{
    public Replay Replay => !InRecovery ? Replay.Ended : Paused ? Replay.Paused : Replay.Running;

    /// <summary>Null while the primary's position is not known.</summary>
    public string? Lag => Streaming ? string.Create(CultureInfo.InvariantCulture, $"{BytesBehind:N0} bytes") : null;

    /// <summary>Healthy: streams and replays, or was promoted. Degraded: its replay is paused.</summary>
    /// <param name="status">Null for a replica that does not answer yet.</param>
    public static HealthCheckResult Health(ReplicaStatus? status) => status switch
    {
        null => HealthCheckResult.Unhealthy("Copies the primary, or starts."),
        { InRecovery: false } => HealthCheckResult.Healthy("Promoted: it takes writes and follows no primary."),
        { Streaming: false } => HealthCheckResult.Unhealthy("In recovery, but not streaming from the primary."),
        { Paused: true } => HealthCheckResult.Degraded($"Replay is paused, {status.Lag} behind."),
        _ => HealthCheckResult.Healthy($"Streams and replays, {status.Lag} behind."),
    };
}

/// <summary>What a replica does with the WAL that it receives.</summary>
internal enum Replay
{
    Running,
    Paused,
    Ended,
}
