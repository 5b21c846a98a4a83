using System.Globalization;

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
}

/// <summary>What a replica does with the WAL that it receives.</summary>
internal enum Replay
{
    Running,
    Paused,
    Ended,
}
