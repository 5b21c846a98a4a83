namespace Infrastructure.Realtime;

internal sealed class RealtimeOptions
{
    public const string Section = "Realtime";

    /// <summary>How long a client may be away and still go on where it was.</summary>
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How often each shard is asked for events when nothing is heard of it, and so the longest that one takes.</summary>
    public int PollMilliseconds { get; init; } = 250;

    public double HeartbeatSeconds { get; init; } = 15;

    /// <summary>Events that may wait for a client. One that is slower than that is told to read anew.</summary>
    public int ClientQueue { get; init; } = 256;
}
