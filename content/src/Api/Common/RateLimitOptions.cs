using System.ComponentModel.DataAnnotations;

namespace Api.Common;

/// <summary>Limits of each user, or by address for callers who are not signed in, and of an instance.</summary>
internal sealed class RateLimitOptions
{
    public const string Section = "RateLimits";

    /// <summary>Requests that a user may send in one burst.</summary>
    [Range(1, 1_000_000)]
    public int Burst { get; init; } = 200;

    /// <summary>Requests per second that a user may send for any length of time.</summary>
    [Range(1, 1_000_000)]
    public int PerSecond { get; init; } = 100;

    /// <summary>Requests of a user at once, those included whose body is still on its way.</summary>
    [Range(1, 1_000_000)]
    public int AtOncePerUser { get; init; } = 64;

    /// <summary>Requests that only read and that an instance works on at once, of the users of each shard.</summary>
    [Range(1, 1_000_000)]
    public int Reads { get; init; } = 7;

    /// <summary>The same for all others, so that reads that wait for a server hold up no write.</summary>
    [Range(1, 1_000_000)]
    public int Writes { get; init; } = 7;

    /// <summary>
    /// Requests of each kind and shard that wait for their turn. One more is refused at once, so that clients are answered in a
    /// time that they will wait for: about this number divided by what the instance does in a second.
    /// </summary>
    [Range(0, 1_000_000)]
    public int Queue { get; init; } = 64;

    /// <summary>Uploads of one user at once. Each holds some megabytes for as long as the client takes to send it.</summary>
    [Range(1, 1_000_000)]
    public int UploadsPerUser { get; init; } = 4;

    /// <summary>Uploads of all users at once on an instance.</summary>
    [Range(1, 1_000_000)]
    public int Uploads { get; init; } = 16;

    /// <summary>Event streams of one user at once: browsers, tabs, devices.</summary>
    [Range(1, 1_000_000)]
    public int StreamsPerUser { get; init; } = 16;

    /// <summary>Event streams of all users at once on an instance.</summary>
    [Range(1, 1_000_000)]
    public int Streams { get; init; } = 10_000;
}
