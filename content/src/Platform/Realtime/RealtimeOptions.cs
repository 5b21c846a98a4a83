using System.ComponentModel.DataAnnotations;

namespace Platform.Realtime;

internal sealed class RealtimeOptions
{
    public const string Section = "Realtime";

    /// <summary>How long a client may be away and still go on where it was.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "365.00:00:00")]
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How often a shard is asked for news while its notifications are known not to be heard.</summary>
    [Range(1, 60_000)]
    public int PollMilliseconds { get; init; } = 250;

    /// <summary>How often while they are heard: the longest that an event takes whose notification was lost.</summary>
    [Range(0.01, 3_600)]
    public double QuietPollSeconds { get; init; } = 5;

    [Range(0.01, 3_600)]
    public double HeartbeatSeconds { get; init; } = 15;
}
