using Acme.Service.Application.Platform;
using Acme.Service.Infrastructure.ReadReplicas;

namespace Acme.Service.Infrastructure.Caching;

/// <summary>Reads through the cache for one request: with what its Sync-Token asks for, and a word in its answer.</summary>
internal sealed class CacheReader(VersionedCache cache, SyncTokens tokens, AnswerTrail trail)
{
    /// <inheritdoc cref="VersionedCache.GetAsync"/>
    public async Task<T?> GetAsync<T>(
        CachedKind<T> kind, string key, Func<bool, Task<Loaded<T>>> load, CancellationToken cancellationToken)
        where T : class
    {
        var (value, outcome) = await cache.GetAsync(kind, key, tokens.Needed(kind.Database), load, cancellationToken);
        trail.Add("cache", CacheTelemetry.NameOf(outcome));
        return value;
    }
}
