namespace Infrastructure.ReadReplicas;

internal sealed class ReadReplicaOptions
{
    public const string Section = "ReadReplicas";

    /// <summary>How far behind a replica may be to answer a read that asks for no position.</summary>
    public double MaxLagSeconds { get; init; } = 5;

    /// <summary>How long a read waits for a replica to pass its position.</summary>
    public int WaitMilliseconds { get; init; } = 50;

    /// <summary>
    /// Reads that go to the primary at once, per database, because no replica will do. Fewer than its pool has connections,
    /// so that writes get theirs.
    /// </summary>
    public int PrimaryReads { get; init; } = 16;

    /// <summary>How often each replica is asked for its position while no read waits for it.</summary>
    public int ProbeMilliseconds { get; init; } = 250;

    /// <summary>How often while one does.</summary>
    public int WaitingProbeMilliseconds { get; init; } = 5;
}
