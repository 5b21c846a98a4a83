namespace Infrastructure.Sagas;

internal sealed class SagaOptions
{
    public const string Section = "Sagas";

    /// <summary>Steps that this instance works on at once on each shard. The worker's pool has two connections more.</summary>
    public int Workers { get; init; } = 6;

    /// <summary>How long an instance has a run for itself, and so the longest that one step may take.</summary>
    public double LeaseSeconds { get; init; } = 5;

    /// <summary>How often each shard is asked for work when nothing is heard of it.</summary>
    public int PollMilliseconds { get; init; } = 500;

    /// <summary>Failures of one step after which the run is dead. Databases that are away do not count.</summary>
    public int MaxAttempts { get; init; } = 8;

    /// <summary>How long an operator's listing waits for a shard.</summary>
    public double ListSeconds { get; init; } = 2;

    /// <summary>How long runs that have ended are kept, and their steps.</summary>
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromDays(30);

    public TimeSpan Lease => TimeSpan.FromSeconds(LeaseSeconds);

    /// <summary>Age from which a run that has not ended is reported in the log.</summary>
    public double AlertSeconds { get; init; } = 60;

    /// <summary>Runs of each shard that this instance leases at once: few enough to be done long before their leases end.</summary>
    public int QueueLength => Workers * 8;
}
