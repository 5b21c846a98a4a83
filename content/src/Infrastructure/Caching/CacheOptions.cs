namespace Infrastructure.Caching;

internal sealed class CacheOptions
{
    public const string Section = "Cache";

    /// <summary>Begins every key, so that services can share one Redis. The assembly's name begins with the solution's.</summary>
    public string Prefix { get; init; } = typeof(CacheOptions).Assembly.GetName().Name!;

    /// <summary>
    /// How long Redis keeps a value and its floor after the last change of either. It must be longer than any replica may
    /// lag and any load may take.
    /// </summary>
    public double LifetimeSeconds { get; init; } = 600;

    /// <summary>How long an instance answers from its own memory; 0 for not at all, 5 at most.</summary>
    public double LocalSeconds { get; init; } = 5;

    /// <summary>Values that an instance keeps in its own memory.</summary>
    public int LocalEntries { get; init; } = 10_000;

    /// <summary>How long a request waits for Redis, before it goes on without.</summary>
    public int PatienceMilliseconds { get; init; } = 100;

    /// <summary>How often each database is asked for floors that have to be set again.</summary>
    public int RelayMilliseconds { get; init; } = 1_000;

    public TimeSpan Lifetime => TimeSpan.FromSeconds(LifetimeSeconds);

    /// <summary>An epoch ends before the first floor that was set in it.</summary>
    public TimeSpan EpochLifetime => Lifetime / 2;

    public TimeSpan LocalLifetime => TimeSpan.FromSeconds(Math.Min(LocalSeconds, 5));

    public TimeSpan Patience => TimeSpan.FromMilliseconds(PatienceMilliseconds);
}
