using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;

namespace Infrastructure.Caching;

/// <summary>
/// What this instance keeps in its own memory for a few seconds: only what Redis has given or kept. A write of this
/// instance drops it, and raises the key's generation, so that a request that looked before cannot put it back.
/// </summary>
internal sealed class LocalEntries(IOptions<CacheOptions> options) : IDisposable
{
    private const int Stripes = 1024;

    private readonly MemoryCache _entries = new(new MemoryCacheOptions { SizeLimit = options.Value.LocalEntries });
    private readonly Lock[] _locks = [.. Enumerable.Range(0, Stripes).Select(_ => new Lock())];
    private readonly long[] _generations = new long[Stripes];

    /// <summary>Many keys share one; that costs a value now and then.</summary>
    public long GenerationOf(CacheKey key) => Volatile.Read(ref _generations[StripeOf(key.Name)]);

    public CacheEntry? Find(CacheKey key) => _entries.Get<CacheEntry>(key.Name);

    /// <param name="generation">As it was before Redis was asked.</param>
    public void Put(CacheKey key, CacheEntry entry, long generation)
    {
        if (options.Value.LocalLifetime <= TimeSpan.Zero)
        {
            return;
        }

        var stripe = StripeOf(key.Name);
        lock (_locks[stripe])
        {
            if (_generations[stripe] == generation)
            {
                _entries.Set(key.Name, entry, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = options.Value.LocalLifetime });
            }
        }
    }

    public void Drop(string key)
    {
        var stripe = StripeOf(key);
        lock (_locks[stripe])
        {
            _generations[stripe]++;
            _entries.Remove(key);
        }
    }

    public void Dispose() => _entries.Dispose();

    private static int StripeOf(string key) => (int)((uint)key.GetHashCode(StringComparison.Ordinal) % Stripes);
}
