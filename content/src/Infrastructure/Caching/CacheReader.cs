using Application.Platform;
using Infrastructure.Persistence;
using Infrastructure.ReadReplicas;

namespace Infrastructure.Caching;

/// <summary>Reads through the cache for one request: with what its Sync-Token asks for, and a word in its answer.</summary>
internal sealed class CacheReader(
    VersionedCache cache, PrimaryTimelines timelines, SyncTokens tokens, AnswerTrail trail, CacheTelemetry telemetry)
{
    /// <inheritdoc cref="VersionedCache.GetAsync"/>
    public async Task<T?> GetAsync<T>(
        CachedKind<T> kind, string key, Func<bool, Task<Loaded<T>>> load, CancellationToken cancellationToken)
        where T : class
    {
        // Only a primary will do when all must be seen, or when nobody knows what. Before a primary was seen, keys have no name.
        var timeline = timelines.Highest(kind.Database);
        if (timeline == 0 || tokens.Consistency == Consistency.Strong
            || tokens is { Consistency: Consistency.Session, IsUnreadable: true })
        {
            telemetry.Requested(kind.Name, CacheOutcome.Bypass);
            trail.Add("cache", CacheTelemetry.NameOf(CacheOutcome.Bypass));
            return (await load(false)).Value;
        }

        var (value, outcome) = await cache.GetAsync(
            kind, kind.KeyOf(key, timeline), tokens.Needed(kind.Database), load, cancellationToken);
        trail.Add("cache", CacheTelemetry.NameOf(outcome));
        return value;
    }
}
