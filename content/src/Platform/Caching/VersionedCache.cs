using System.Diagnostics;
using System.Text.Json;

namespace Platform.Caching;

/// <summary>
/// Cache-aside whose fills are compared with floors, and whose values end at a time that was fixed before their load began. One
/// instance per process; of requests that miss the same key at once, one loads.
/// </summary>
internal sealed class VersionedCache(
    RedisEntries entries, LocalEntries local, CacheTelemetry telemetry, IOptions<CacheOptions> options)
{
    private readonly ConcurrentDictionary<string, Lazy<Task<Answer>>> _flights = new();

    /// <param name="key">Which of its rows, as <see cref="CachedKind{T}.KeyOf"/> names it.</param>
    /// <param name="needed">A position that the answer must have seen; null if any will do.</param>
    /// <param name="load">
    /// Asks the database; the primary if told so, and refuses when that has no room for one more read; else a server that has
    /// seen <paramref name="needed"/>. Other requests may wait for it as well, so it must not end with this one.
    /// </param>
    public async Task<(T? Value, CacheOutcome Outcome)> GetAsync<T>(
        CachedKind<T> kind, string key, WalPosition? needed, Func<bool, Task<Loaded<T>>> load,
        CancellationToken cancellationToken)
        where T : class
    {
        for (var arrived = Stopwatch.GetTimestamp(); ;)
        {
            if (local.Find(key) is { } known && known.Covers(needed))
            {
                telemetry.Requested(kind.Name, CacheOutcome.Hit, "local");
                return ((T?)known.Value, CacheOutcome.Hit);
            }

            var own = new Lazy<Task<Answer>>(() => FetchAsync(kind, key, needed, load));
            var flight = _flights.GetOrAdd(key, own);
            Answer answer;
            try
            {
                answer = await flight.Value.WaitAsync(flight == own ? CancellationToken.None : cancellationToken);
            }
            finally
            {
                if (flight.Value.IsCompleted)
                {
                    _flights.TryRemove(KeyValuePair.Create(key, flight));
                }
            }

            // What began before this request may be older than a write that it must see.
            if (flight == own || (answer.Began >= arrived && answer.Entry.Covers(needed)))
            {
                telemetry.Requested(kind.Name, answer.Outcome, answer.Outcome == CacheOutcome.Hit ? "redis" : null);
                return ((T?)answer.Entry.Value, answer.Outcome);
            }
        }
    }

    /// <summary>One look into Redis, and what follows from it.</summary>
    private async Task<Answer> FetchAsync<T>(
        CachedKind<T> kind, string key, WalPosition? needed, Func<bool, Task<Loaded<T>>> load)
        where T : class
    {
        // Both before Redis is asked, so that no value is used for longer than Redis would keep it.
        var (began, now) = (Stopwatch.GetTimestamp(), Environment.TickCount64);
        var stored = await entries.ReadAsync(key);
        if (stored is not null && Read(kind, key, stored) is { } found && found.Covers(needed))
        {
            local.Put(key, found);
            return new(found, CacheOutcome.Hit, began);
        }

        var (loaded, outcome) = await LoadAsync(primary: false);
        if (outcome == FillOutcome.Refused && loaded.Seen is not null)
        {
            try
            {
                // The replica is behind what Redis knows of. The primary is not.
                (loaded, outcome) = await LoadAsync(primary: true);
            }
            catch (ReadRefusedException)
            {
                // It has no room for one more reader, and what the replica said may be used though not kept.
            }
        }

        // When Redis does not say that a replica's answer is new enough, it is as new as the replica.
        var isBypass = outcome == FillOutcome.Lost || (outcome == FillOutcome.Refused && loaded.Seen is not null);
        return new(Entry(loaded), isBypass ? CacheOutcome.Bypass : CacheOutcome.Miss, began);

        // The primary has seen all; what is known of its position is what this request asked of it.
        CacheEntry Entry(Loaded<T> one) =>
            new(one.Value, one.Version, one.Seen ?? needed, now + (long)options.Value.Lifetime.TotalMilliseconds);

        async Task<(Loaded<T>, FillOutcome)> LoadAsync(bool primary)
        {
            var one = await load(primary);
            telemetry.LoadedFrom(kind.Name, one.Seen is null);
            if (stored is null)
            {
                return (one, FillOutcome.Lost);
            }

            if (one.Value is null)
            {
                // An absence has no version. What the primary said is as new as the floor that was there before, since a floor
                // is raised after its commit. What a replica said may be older than any floor.
                one = one with { Version = one.Seen is null ? stored.Floor : 0 };
            }

            var entry = Entry(one);
            var filled = await entries.FillAsync(key, entry.Version, entry.Seen, kind.Write(one.Value), stored.Now);
            telemetry.Filled(kind.Name, filled);
            if (filled == FillOutcome.Kept)
            {
                local.Put(key, entry);
            }

            return (one, filled);
        }
    }

    private CacheEntry? Read<T>(CachedKind<T> kind, string key, StoredEntry stored)
        where T : class
    {
        try
        {
            return stored.Payload is { } payload
                ? new CacheEntry(kind.Read(payload), stored.Version, stored.Seen, stored.ExpiresAt)
                : null;
        }
        catch (JsonException exception)
        {
            // Another release may have written it. The load puts a readable one in its place.
            telemetry.LogUnreadable(key, exception);
            return null;
        }
    }

    /// <param name="Began">Before anything was asked, as <see cref="Stopwatch.GetTimestamp"/>.</param>
    private sealed record Answer(CacheEntry Entry, CacheOutcome Outcome, long Began);
}
