using Application.Servers;

namespace Platform.Sharding;

/// <summary>Where a bucket is.</summary>
/// <param name="Shard">Name of the shard, which is the name of its connection string.</param>
/// <param name="Epoch">By which the shard tells whether this is still so.</param>
internal sealed record Route(string Shard, long Epoch);

/// <summary>
/// Which shard holds which bucket. Read from the directory on first use, and again when a shard says that it is out of
/// date: a cache that need not be right, since the shards are asked with every transaction.
/// </summary>
internal sealed class BucketMap(ContextPool<DirectoryContext> directory, PrimaryTimelines timelines, DatabaseNames names)
    : IShardMap, IDisposable
{
    private readonly SemaphoreSlim _loading = new(1, 1);
    private Map? _map;
    private long _readFor;

    /// <summary>
    /// Grows with each move: the sum of all epochs. Moves are seen in the order in which the directory has committed them, so a
    /// map that lacks one has a lower version than any that has it.
    /// </summary>
    public long Version => Volatile.Read(ref _map)?.Version ?? 0;

    public string? KnownShardOf(UserId user) => Volatile.Read(ref _map)?.Routes[user.Bucket.Value].Shard;

    public async ValueTask<Route> RouteOfAsync(Bucket bucket, CancellationToken cancellationToken)
    {
        var map = Volatile.Read(ref _map) ?? await LoadAsync(outdated: null, cancellationToken);
        return map.Routes[bucket.Value];
    }

    /// <summary>
    /// Makes sure that the map has all that a map of this version had. Once: what is missing in one that was read afterwards
    /// was lost with the directory, and is not looked for with each read.
    /// </summary>
    public async ValueTask CatchUpAsync(long version, CancellationToken cancellationToken)
    {
        if (version <= Math.Max(Version, Volatile.Read(ref _readFor)))
        {
            return;
        }

        // The first may be shared with a caller that began to read before; then the second is not.
        await ReloadAsync(cancellationToken);
        if (version > Version)
        {
            await ReloadAsync(cancellationToken);
        }

        Volatile.Write(ref _readFor, version);
    }

    /// <summary>Reads the map again. Concurrent callers share one reload.</summary>
    public Task ReloadAsync(CancellationToken cancellationToken) => LoadAsync(Volatile.Read(ref _map), cancellationToken);

    public void Dispose() => _loading.Dispose();

    private async Task<Map> LoadAsync(Map? outdated, CancellationToken cancellationToken)
    {
        await _loading.WaitAsync(cancellationToken);
        try
        {
            if (ReferenceEquals(_map, outdated))
            {
                await timelines.UsedAsync(DatabaseNames.Directory);
                await using var context = directory.Rent(DatabaseNames.Directory);
                var rows = await context.Set<BucketAssignment>().AsNoTracking().ToListAsync(cancellationToken);
                Volatile.Write(ref _map, Check(rows));
            }

            return _map!;
        }
        finally
        {
            _loading.Release();
        }
    }

    private Map Check(List<BucketAssignment> rows)
    {
        if (rows.Count != Bucket.Count)
        {
            throw new InvalidOperationException(
                $"The bucket map has {rows.Count} of {Bucket.Count} buckets. Has the Migrator finished?");
        }

        if (rows.Find(row => !names.Shards.Contains(row.Shard)) is { } unknown)
        {
            throw new InvalidOperationException(
                $"Bucket {unknown.Bucket} is on '{unknown.Shard}', and there is no connection string of that name.");
        }

        var routes = new Route[Bucket.Count];
        foreach (var row in rows)
        {
            routes[row.Bucket.Value] = new Route(row.Shard, row.Epoch);
        }

        return new(routes, rows.Sum(row => row.Epoch));
    }

    private sealed record Map(Route[] Routes, long Version);
}
