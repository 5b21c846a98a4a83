using Acme.Service.Domain.Common;
using Acme.Service.Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;

namespace Acme.Service.Infrastructure.Sharding;

/// <summary>Which shard holds which bucket. Read from the directory once, on first use.</summary>
internal sealed class BucketMap(ContextPool<DirectoryContext> directory, DatabaseNames names) : IDisposable
{
    private readonly SemaphoreSlim _loading = new(1, 1);
    private string[]? _shards;

    /// <summary>Name of the shard, which is the name of its connection string.</summary>
    public async ValueTask<string> ShardOfAsync(Bucket bucket, CancellationToken cancellationToken)
    {
        var shards = Volatile.Read(ref _shards) ?? await LoadAsync(cancellationToken);
        return shards[bucket.Value];
    }

    public void Dispose() => _loading.Dispose();

    private async Task<string[]> LoadAsync(CancellationToken cancellationToken)
    {
        await _loading.WaitAsync(cancellationToken);
        try
        {
            if (_shards is null)
            {
                await using var context = directory.Rent(DatabaseNames.Directory);
                var rows = await context.Set<BucketAssignment>().AsNoTracking().ToListAsync(cancellationToken);
                Volatile.Write(ref _shards, Check(rows));
            }

            return _shards!;
        }
        finally
        {
            _loading.Release();
        }
    }

    private string[] Check(List<BucketAssignment> rows)
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

        var shards = new string[Bucket.Count];
        foreach (var row in rows)
        {
            shards[row.Bucket.Value] = row.Shard;
        }

        return shards;
    }
}
