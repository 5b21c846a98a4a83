using Acme.Service.Application.Common;
using Acme.Service.Domain.Common;
using Acme.Service.Infrastructure.Persistence;
using Acme.Service.Infrastructure.ReadReplicas;

namespace Acme.Service.Infrastructure.Sharding;

/// <summary>
/// The unit of work of one command: one context with one transaction on the primary of one shard. Repositories join it
/// by the bucket of what they load. Disposed without a commit, it rolls back.
/// </summary>
internal sealed class ShardWriter(ContextPool<ShardContext> pool, BucketMap buckets, ReadRouting routing)
    : IUnitOfWork, IAsyncDisposable
{
    private string? _shard;
    private ShardContext? _context;

    /// <exception cref="InvalidOperationException">The command already works on another shard.</exception>
    public async ValueTask<ShardContext> JoinAsync(Bucket bucket, CancellationToken cancellationToken)
    {
        var shard = await buckets.ShardOfAsync(bucket, cancellationToken);
        if (_context is not null)
        {
            return shard == _shard
                ? _context
                : throw new InvalidOperationException(
                    $"A command writes to one shard, and this one has joined '{_shard}' and now wants '{shard}'.");
        }

        var context = pool.Rent(shard);
        (_shard, _context) = (shard, context);
        await context.Database.BeginTransactionAsync(cancellationToken);
        return context;
    }

    public async Task CommitAsync(CancellationToken cancellationToken)
    {
        if (_context is null)
        {
            return;
        }

        await _context.SaveChangesAsync(cancellationToken);
        await _context.Database.CommitTransactionAsync(cancellationToken);
        routing.Wrote();
        await DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_context is { } context)
        {
            _context = null;
            await context.DisposeAsync();
        }
    }
}
