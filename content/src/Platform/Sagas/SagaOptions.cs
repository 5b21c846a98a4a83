using System.ComponentModel.DataAnnotations;

namespace Platform.Sagas;

internal sealed class SagaOptions
{
    public const string Section = "Sagas";

    /// <summary>Steps that this instance works on at once on each shard. The worker's pool has three connections more.</summary>
    [Range(1, 1_000)]
    public int Workers { get; init; } = 3;

    /// <summary>How long an instance has a run for itself, and so the longest that one step may take.</summary>
    [Range(0.1, 3_600)]
    public double LeaseSeconds { get; init; } = 5;

    /// <summary>
    /// How often each shard is polled without a signal: rarely while its notifications are heard. It is asked
    /// sooner when a run is known to be due.
    /// </summary>
    [Range(1, 3_600_000)]
    public int PollMilliseconds { get; init; } = 15_000;

    /// <summary>Failures of one step after which the run is dead. Databases that are away do not count.</summary>
    [Range(1, 10_000)]
    public int MaxAttempts { get; init; } = 8;

    /// <summary>How long an operator's listing waits for a shard.</summary>
    [Range(0.1, 600)]
    public double ListSeconds { get; init; } = 2;

    /// <summary>How long runs that have ended are kept, and their steps.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "36500.00:00:00")]
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromDays(30);

    public TimeSpan Lease => TimeSpan.FromSeconds(LeaseSeconds);

    /// <summary>Age from which a run that has not ended is reported in the log.</summary>
    [Range(0.1, 31_536_000)]
    public double AlertSeconds { get; init; } = 60;

    /// <summary>
    /// Runs of each shard that this instance leases at once: few enough to be done long before their leases end.
    /// </summary>
    public int QueueLength => Workers * 8;
}
