using System.ComponentModel.DataAnnotations;

namespace Platform.ReadReplicas;

internal sealed class ReadReplicaOptions
{
    public const string Section = "ReadReplicas";

    /// <summary>How far behind a replica may be to answer a read that asks for no position.</summary>
    [Range(0.1, 3600)]
    public double MaxLagSeconds { get; init; } = 5;

    /// <summary>How long a read waits for a replica to pass its position, and for its turn at the primary.</summary>
    [Range(0, 60_000)]
    public int WaitMilliseconds { get; init; } = 50;

    /// <summary>
    /// How long a replica may take to answer, and to be connected to. Then the read goes on to the next server.
    /// </summary>
    [Range(50, 60_000)]
    public int TimeoutMilliseconds { get; init; } = 1_000;

    /// <summary>The same for settings of Npgsql's, which knows whole seconds.</summary>
    public int TimeoutSeconds => Math.Max(1, TimeoutMilliseconds / 1_000);

    /// <summary>
    /// Reads that go to the primary at once, per database, because no replica will do. Its pool has connections for them beside
    /// those for writes.
    /// </summary>
    [Range(0, 10_000)]
    public int PrimaryReads { get; init; } = 3;

    /// <summary>How often each replica is asked for its position while no read waits for it.</summary>
    [Range(10, 2_000)]
    public int ProbeMilliseconds { get; init; } = 250;

    /// <summary>How often while one does.</summary>
    [Range(1, 1_000)]
    public int WaitingProbeMilliseconds { get; init; } = 5;
}
