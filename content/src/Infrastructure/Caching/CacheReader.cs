using Application.Platform;
using Infrastructure.ReadReplicas;

namespace Infrastructure.Caching;

/// <summary>Reads through the cache for one request: with what its Sync-Token asks for, and a word in its answer.</summary>
internal sealed class CacheReader(VersionedCache cache, SyncTokens tokens, AnswerTrail trail, CacheTelemetry telemetry)
{
    /// <inheritdoc cref="VersionedCache.GetAsync"/>
    public async Task<T?> GetAsync<T>(
        CachedKind<T> kind, string key, Func<bool, Task<Loaded<T>>> load, CancellationToken cancellationToken)
        where T : class
    {
        // Then nobody knows what the answer must have seen, and only a primary will do.
        if (tokens.Consistency == Consistency.Strong || tokens is { Consistency: Consistency.Session, IsUnreadable: true })
        {
            telemetry.Requested(kind.Name, CacheOutcome.Bypass);
            trail.Add("cache", CacheTelemetry.NameOf(CacheOutcome.Bypass));
            return (await load(false)).Value;
        }

        var (value, outcome) = await cache.GetAsync(kind, key, tokens.Needed(kind.Database), load, cancellationToken);
        trail.Add("cache", CacheTelemetry.NameOf(outcome));
        return value;
    }
}
