using System.ComponentModel.DataAnnotations;

namespace Platform.Caching;

internal sealed class CacheOptions
{
    public const string Section = "Cache";

    /// <summary>
    /// How long Redis keeps a floor: longer than any value lives, any load takes, and any replica that is read lags.
    /// </summary>
    public static readonly TimeSpan FloorLifetime = TimeSpan.FromMinutes(10);

    /// <summary>Begins every key, so that services can share one Redis. The assembly's name begins with the solution's.</summary>
    public string Prefix { get; init; } = typeof(CacheOptions).Assembly.GetName().Name!;

    /// <summary>How long a value may be used after its load began, 1 to 30. It bounds staleness whatever breaks.</summary>
    [Range(1, 30)]
    public double LifetimeSeconds { get; init; } = 30;

    /// <summary>How long an instance answers from its own memory, 0 to 5, within the value's lifetime.</summary>
    [Range(0, 5)]
    public double LocalSeconds { get; init; } = 5;

    /// <summary>Values that an instance keeps in its own memory.</summary>
    [Range(1, 100_000_000)]
    public int LocalEntries { get; init; } = 10_000;

    /// <summary>How long a request waits for Redis before it goes on without.</summary>
    [Range(1, 60_000)]
    public int TimeoutMilliseconds { get; init; } = 100;

    public TimeSpan Lifetime => TimeSpan.FromSeconds(LifetimeSeconds);

    public TimeSpan LocalLifetime => TimeSpan.FromSeconds(LocalSeconds);

    public TimeSpan Timeout => TimeSpan.FromMilliseconds(TimeoutMilliseconds);
}
