namespace Platform.Common;

/// <summary>Pauses with jitter, so that instances and requests that began together do not try again together.</summary>
internal static class Backoff
{
    /// <summary>Half of a limit that grows with each failure, and a random part of the other half.</summary>
    /// <param name="failures">In a row; 1 after the first.</param>
    /// <param name="first">Limit after the first failure.</param>
    /// <param name="longest">The limit grows no further.</param>
    /// <param name="factor">By which the limit grows.</param>
    public static TimeSpan After(int failures, TimeSpan first, TimeSpan longest, double factor = 2)
    {
        var limit = first.TotalSeconds * Math.Pow(factor, Math.Clamp(failures - 1, 0, 40));
        return TimeSpan.FromSeconds(Math.Min(limit, longest.TotalSeconds) * (0.5 + (Random.Shared.NextDouble() / 2)));
    }

    /// <summary>A pause between polls: up to a fifth shorter or longer.</summary>
    public static TimeSpan Jittered(TimeSpan pause) => pause * (0.8 + (Random.Shared.NextDouble() * 0.4));
}
