namespace Infrastructure.Sagas;

internal sealed class SagaOptions
{
    public const string Section = "Sagas";

    /// <summary>Runs that this instance works on at once.</summary>
    public int Workers { get; init; } = 8;

    /// <summary>How long an instance has a run for itself, and so the longest that one step may take.</summary>
    public double LeaseSeconds { get; init; } = 5;

    /// <summary>How often each shard is asked for work when nothing is heard of it.</summary>
    public int PollMilliseconds { get; init; } = 500;

    /// <summary>Failures of one step after which the run is dead. Databases that are away do not count.</summary>
    public int MaxAttempts { get; init; } = 8;

    /// <summary>How long an operator's listing waits for a shard.</summary>
    public double ListSeconds { get; init; } = 2;

    public TimeSpan Lease => TimeSpan.FromSeconds(LeaseSeconds);

    /// <summary>Runs that may wait here for a worker: few enough to be begun long before their lease ends.</summary>
    public int QueueLength => Workers * 8;
}
