namespace Platform.Caching;

/// <summary>Reads through the cache for one request: with what its Sync-Token asks for, and a word in its answer.</summary>
public sealed class CacheReader
{
    private readonly VersionedCache _cache;
    private readonly PrimaryTimelines _timelines;
    private readonly SyncTokens _tokens;
    private readonly AnswerTrail _trail;
    private readonly CacheTelemetry _telemetry;

    internal CacheReader(
        VersionedCache cache, PrimaryTimelines timelines, SyncTokens tokens, AnswerTrail trail, CacheTelemetry telemetry) =>
        (_cache, _timelines, _tokens, _trail, _telemetry) = (cache, timelines, tokens, trail, telemetry);

    /// <inheritdoc cref="VersionedCache.GetAsync"/>
    public async Task<T?> GetAsync<T>(
        CachedKind<T> kind, string key, Func<bool, Task<Loaded<T>>> load, CancellationToken cancellationToken)
        where T : class
    {
        // Without Redis when all must be seen, or the token is unreadable. Before a primary was seen, keys have no name.
        var timeline = _timelines.Highest(kind.Database);
        if (timeline == 0 || _tokens.Consistency == Consistency.Strong
            || _tokens is { Consistency: Consistency.Session, IsUnreadable: true })
        {
            _telemetry.Requested(kind.Name, CacheOutcome.Bypass);
            _trail.Add("cache", CacheTelemetry.NameOf(CacheOutcome.Bypass));
            return (await load(false)).Value;
        }

        var (value, outcome) = await _cache.GetAsync(
            kind, kind.KeyOf(key, timeline), _tokens.Needed(kind.Database), load, cancellationToken);
        _trail.Add("cache", CacheTelemetry.NameOf(outcome));
        return value;
    }
}
