namespace Infrastructure.Realtime;

internal sealed class RealtimeOptions
{
    public const string Section = "Realtime";

    /// <summary>How long a client may be away and still go on where it was.</summary>
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How often a shard is asked for news while its notifications are known not to be heard.</summary>
    public int PollMilliseconds { get; init; } = 250;

    /// <summary>How often while they are heard: the longest that an event takes whose notification was lost.</summary>
    public double QuietPollSeconds { get; init; } = 5;

    public double HeartbeatSeconds { get; init; } = 15;
}
