using System.Collections.Concurrent;
using System.Text.Json;
using Infrastructure.ReadReplicas;

namespace Infrastructure.Caching;

/// <summary>
/// Cache-aside that cannot be made stale by a load that was under way during a write, by a replica that lags, or by a Redis
/// that has lost its memory. One instance per process; of requests that miss the same key at once, one loads.
/// </summary>
internal sealed class VersionedCache(
    RedisEntries entries, CacheEpochs epochs, LocalEntries local, PrimaryReads primaryReads, CacheTelemetry telemetry)
{
    private readonly ConcurrentDictionary<(string Key, long Generation), Task<Answer>> _flights = new();

    /// <param name="kind">What is cached.</param>
    /// <param name="key">Which of its rows.</param>
    /// <param name="needed">A position that the answer must have seen; null if any will do.</param>
    /// <param name="load">
    /// Asks the database; the primary if told so, else whichever server has seen <paramref name="needed"/>. Other requests
    /// may wait for it as well, so it must not end with this one.
    /// </param>
    /// <param name="cancellationToken">Ends the waiting for somebody else's load.</param>
    /// <exception cref="OperationCanceledException">It was cancelled. What <paramref name="load"/> throws is thrown, too.</exception>
    public async Task<(T? Value, CacheOutcome Outcome)> GetAsync<T>(
        CachedKind<T> kind, string key, WalPosition? needed, Func<bool, Task<Loaded<T>>> load, CancellationToken cancellationToken)
        where T : class
    {
        var name = kind.KeyOf(key);
        while (true)
        {
            if (local.Find(name) is { } known && known.Covers(needed))
            {
                telemetry.Requested(kind.Name, CacheOutcome.Hit, "local");
                return ((T?)known.Value, CacheOutcome.Hit);
            }

            // After a write of this instance the generation is another, so who comes then does not get what was read before.
            var flight = (name.Name, local.GenerationOf(name));
            var own = new TaskCompletionSource<Answer>(TaskCreationOptions.RunContinuationsAsynchronously);
            var task = _flights.GetOrAdd(flight, own.Task);
            if (task == own.Task)
            {
                var request = new Request<T>(kind, name, needed, flight.Item2, load);
                await FlyAsync(flight, own, () => FetchAsync(request));
            }

            var answer = await task.WaitAsync(cancellationToken);
            if (task == own.Task || answer.Entry.Covers(needed))
            {
                telemetry.Requested(kind.Name, answer.Outcome, answer.Outcome == CacheOutcome.Hit ? "redis" : null);
                return ((T?)answer.Entry.Value, answer.Outcome);
            }
        }
    }

    private async Task FlyAsync((string, long) flight, TaskCompletionSource<Answer> landing, Func<Task<Answer>> fetch)
    {
        try
        {
            var answer = await fetch();
            _flights.TryRemove(flight, out _);
            landing.SetResult(answer);
        }
        catch (Exception exception)
        {
            // Thrown to everybody who awaits the task.
            _flights.TryRemove(flight, out _);
            landing.SetException(exception);
        }
    }

    /// <summary>One look into Redis, and what follows from it.</summary>
    private async Task<Answer> FetchAsync<T>(Request<T> request)
        where T : class
    {
        if (await entries.ReadAsync(request.Key) is not { } stored)
        {
            return new(await LoadAsync(request, primary: false, epoch: null), CacheOutcome.Bypass);
        }

        if (Read(request, stored) is { } found && found.Covers(request.Needed))
        {
            local.Put(request.Key, found, request.Generation);
            return new(found, CacheOutcome.Hit);
        }

        // Found before the load begins, so that a load is never kept by a Redis that has lost its memory meanwhile.
        if (await epochs.CurrentAsync(request.Key.Database) is not { } epoch)
        {
            return new(await LoadAsync(request, primary: false, epoch: null), CacheOutcome.Bypass);
        }

        var loaded = await LoadAsync(request, primary: false, epoch);
        var outcome = await FillAsync(request, loaded, epoch, stored.Floor);
        if (outcome == FillOutcome.Refused && !loaded.IsPrimary)
        {
            // The replica is behind what Redis knows of. The primary is not, if it has room for one more reader.
            using var room = primaryReads.TryRoute(request.Key.Database);
            if (room is null)
            {
                return new(loaded, CacheOutcome.Bypass);
            }

            loaded = await LoadAsync(request, primary: true, epoch);
            await FillAsync(request, loaded, epoch, stored.Floor);
        }

        // When Redis does not say that a replica's answer is new enough, it is what a replica says, and no more.
        return new(loaded, outcome == FillOutcome.Lost ? CacheOutcome.Bypass : CacheOutcome.Miss);
    }

    private CacheEntry? Read<T>(Request<T> request, StoredEntry stored)
        where T : class
    {
        try
        {
            return stored.Payload is { } payload ? new CacheEntry(request.Kind.Read(payload), stored.Version, stored.Seen) : null;
        }
        catch (JsonException exception)
        {
            // Another release may have written it. The load puts a readable one in its place.
            telemetry.Unreadable(request.Key.Name, exception);
            return null;
        }
    }

    private async Task<Sight> LoadAsync<T>(Request<T> request, bool primary, CacheEpoch? epoch)
        where T : class
    {
        var loaded = await request.Load(primary);
        var isPrimary = loaded.Seen is null;
        telemetry.LoadedFrom(request.Kind.Name, isPrimary);
        // The primary has seen all, and all that is known of its position is what was asked of it.
        return new Sight(loaded.Value, loaded.Version, loaded.Seen ?? request.Needed ?? epoch?.Position, isPrimary);
    }

    private async Task<FillOutcome> FillAsync<T>(Request<T> request, Sight loaded, CacheEpoch epoch, long floor)
        where T : class
    {
        var outcome = FillOutcome.Refused;
        if (loaded.IsPrimary || loaded.Covers(epoch.Position))
        {
            // A row that is not there has no version. What the primary said is as new as the floor that was there before,
            // since the floor of a write is set after its commit. What a replica said may be older than any floor.
            var version = loaded.Value is not null ? loaded.Version : loaded.IsPrimary ? floor : 0;
            outcome = await entries.FillAsync(request.Key, epoch, version, loaded.Seen, request.Kind.Write((T?)loaded.Value));
        }

        telemetry.Filled(request.Kind.Name, outcome);
        if (outcome == FillOutcome.Kept)
        {
            local.Put(request.Key, loaded, request.Generation);
        }

        return outcome;
    }

    private sealed record Request<T>(
        CachedKind<T> Kind, CacheKey Key, WalPosition? Needed, long Generation, Func<bool, Task<Loaded<T>>> Load)
        where T : class;

    private sealed record Answer(CacheEntry Entry, CacheOutcome Outcome);

    private sealed record Sight(object? Value, long Version, WalPosition? Seen, bool IsPrimary) : CacheEntry(Value, Version, Seen);
}
