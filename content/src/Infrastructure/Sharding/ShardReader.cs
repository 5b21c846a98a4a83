using System.Diagnostics;
using Acme.Service.Domain.Common;
using Acme.Service.Infrastructure.Persistence;
using Acme.Service.Infrastructure.ReadReplicas;
using Acme.Service.Infrastructure.RowSecurity;

namespace Acme.Service.Infrastructure.Sharding;

/// <summary>Runs queries on the shard of a user, in their name, on the server that <see cref="ReadRouting"/> chooses.</summary>
internal sealed class ShardReader(ContextPool<ShardContext> pool, BucketMap buckets, ReadRouting routing)
{
    /// <summary>How long a bucket may be on its way from one shard to another.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>How long a replica may take to learn that its shard has got the bucket. Then the primary is asked.</summary>
    private static readonly TimeSpan PatienceWithReplica = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <param name="read">Runs again when the user's bucket has moved; each of its statements is a transaction of its own.</param>
    public Task<T> ReadAsync<T>(UserId owner, Func<ShardContext, Task<T>> read, CancellationToken cancellationToken) =>
        ReadAsync(owner, routing.SourceFor, read, cancellationToken);

    /// <summary>For what a command must know for certain before it begins to write.</summary>
    /// <inheritdoc cref="ReadAsync{T}(UserId, Func{ShardContext, Task{T}}, CancellationToken)"/>
    public Task<T> ReadPrimaryAsync<T>(UserId owner, Func<ShardContext, Task<T>> read, CancellationToken cancellationToken) =>
        ReadAsync(owner, shard => shard, read, cancellationToken);

    private async Task<T> ReadAsync<T>(
        UserId owner, Func<string, string> sourceFor, Func<ShardContext, Task<T>> read, CancellationToken cancellationToken)
    {
        var wasRefused = false;
        for (var waited = Stopwatch.StartNew(); ; await Task.Delay(Pause, cancellationToken))
        {
            var route = await buckets.RouteOfAsync(owner.Bucket, cancellationToken);
            await using var context = pool.Rent(
                wasRefused && waited.Elapsed > PatienceWithReplica ? routing.PrimaryOf(route.Shard) : sourceFor(route.Shard));
            context.Acting = Acting.ForEachStatement("read_for", owner.Value, route.Epoch);
            try
            {
                return await read(context);
            }
            catch (Exception exception)
                when (FenceErrors.SqlStateOf(exception) == FenceErrors.BucketMoved && waited.Elapsed < Patience)
            {
                wasRefused = true;
                await buckets.ReloadAsync(cancellationToken);
            }
        }
    }
}
