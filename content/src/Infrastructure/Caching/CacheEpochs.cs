using System.Diagnostics;
using Infrastructure.ReadReplicas;

namespace Infrastructure.Caching;

/// <summary>
/// A time in which Redis has lost no floor. Whatever was committed before it is at or before <see cref="Position"/>; what
/// was committed since has its floor, or is in the outbox.
/// </summary>
internal sealed record CacheEpoch(string Text, WalPosition Position);

/// <summary>
/// Finds the epoch of a database in Redis, and begins one where there is none: after Redis came back empty, and every few
/// minutes, before the first floors of the last epoch are forgotten.
/// </summary>
/// <param name="entries">Redis.</param>
/// <param name="primaryPosition">Asks a database's primary how far its log is flushed; null when it does not answer.</param>
internal sealed class CacheEpochs(RedisEntries entries, Func<string, Task<WalPosition?>> primaryPosition)
{
    /// <summary>How long who has claimed a new epoch may take to ask the primary. Then somebody else may.</summary>
    private static readonly TimeSpan ClaimLifetime = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

    /// <summary>How long the others wait for that. It takes a round trip when the primary is well.</summary>
    internal TimeSpan Wait { get; init; } = TimeSpan.FromMilliseconds(25);

    /// <summary>To be called before a load. What is loaded is kept only if the epoch is still the same then.</summary>
    /// <returns>Null when nothing can be kept now.</returns>
    public async ValueTask<CacheEpoch?> CurrentAsync(string database)
    {
        for (var began = Stopwatch.GetTimestamp(); ; await Task.Delay(Pause))
        {
            var (answered, text) = await entries.EpochAsync(database);
            if (!answered)
            {
                return null;
            }

            if (text is not null && Parse(text) is { } epoch)
            {
                return epoch;
            }

            var claim = $"{Guid.NewGuid():N}";
            if (text is null && await entries.AddEpochAsync(database, claim, ClaimLifetime))
            {
                return await BeginAsync(database, claim);
            }

            if (Stopwatch.GetElapsedTime(began) >= Wait)
            {
                return null;
            }
        }
    }

    /// <summary>
    /// The primary is asked after the claim is in Redis: a position from before Redis came back empty would miss commits
    /// whose floors went with it. If Redis loses the claim meanwhile, the position is not used.
    /// </summary>
    private async Task<CacheEpoch?> BeginAsync(string database, string claim)
    {
        if (await primaryPosition(database) is not { } position)
        {
            return null;
        }

        var text = $"{claim}:{RedisEntries.Text(position)}";
        return await entries.ReplaceEpochAsync(database, claim, text) ? new CacheEpoch(text, position) : null;
    }

    /// <returns>Null for a claim.</returns>
    private static CacheEpoch? Parse(string text) => text.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon
        ? new CacheEpoch(text, RedisEntries.PositionOf(text[(colon + 1)..])!.Value)
        : null;
}
