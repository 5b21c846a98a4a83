using Microsoft.Extensions.Caching.Memory;

namespace Platform.Caching;

/// <summary>What this instance keeps in its own memory for a few seconds: only what Redis has given or kept.</summary>
internal sealed class LocalEntries(IOptions<CacheOptions> options) : IDisposable
{
    private readonly MemoryCache _entries = new(new MemoryCacheOptions { SizeLimit = options.Value.LocalEntries });
    private readonly Lock _lock = new();

    public CacheEntry? Find(string key) =>
        _entries.Get<CacheEntry>(key) is { } entry && Environment.TickCount64 < entry.ExpiresAt ? entry : null;

    /// <summary>A value keeps its own end if that is earlier.</summary>
    public void Put(string key, CacheEntry entry)
    {
        var end = Environment.TickCount64 + (long)options.Value.LocalLifetime.TotalMilliseconds;
        Set(key, entry with { ExpiresAt = Math.Min(entry.ExpiresAt, end) });
    }

    /// <summary>What is older stays out, too: a request that looked before cannot put it back.</summary>
    public void Drop(string key, long version) => Set(key, new CacheEntry(Value: null, version, Seen: null, ExpiresAt: 0));

    public void Dispose() => _entries.Dispose();

    private void Set(string key, CacheEntry entry)
    {
        lock (_lock)
        {
            if (_entries.Get<CacheEntry>(key) is not { } known || known.Version <= entry.Version)
            {
                var kept = new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = options.Value.Lifetime };
                _entries.Set(key, entry, kept);
            }
        }
    }
}
