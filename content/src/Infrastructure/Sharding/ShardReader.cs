using Acme.Service.Domain.Common;
using Acme.Service.Infrastructure.Persistence;
using Acme.Service.Infrastructure.ReadReplicas;

namespace Acme.Service.Infrastructure.Sharding;

/// <summary>Gives queries a context on the shard of a bucket, on the server that <see cref="ReadRouting"/> chooses.</summary>
internal sealed class ShardReader(ContextPool<ShardContext> pool, BucketMap buckets, ReadRouting routing)
{
    /// <summary>A context that the caller disposes.</summary>
    public async ValueTask<ShardContext> OpenAsync(Bucket bucket, CancellationToken cancellationToken) =>
        pool.Rent(routing.SourceFor(await buckets.ShardOfAsync(bucket, cancellationToken)));
}
