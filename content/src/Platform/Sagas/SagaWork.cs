namespace Platform.Sagas;

/// <summary>
/// Transactions of the engine: each in its own scope, as the worker, in a turn of the shard where it works.
/// </summary>
internal sealed class SagaWork(IServiceScopeFactory scopes, BucketMap buckets, SagaBulkheads bulkheads)
{
    /// <param name="owner">On whose shard, and in whose name.</param>
    /// <param name="work">Gets the unit of work, its context and the scope's services.</param>
    /// <param name="cancellationToken">Of the work.</param>
    /// <param name="stopping">Ends the wait for a turn.</param>
    public async Task<T> InAsync<T>(
        UserId owner, Func<ShardWriter, ShardContext, IServiceProvider, Task<T>> work, CancellationToken cancellationToken,
        CancellationToken stopping = default)
    {
        var shard = (await buckets.RouteOfAsync(owner.Bucket, cancellationToken)).Shard;
        return await bulkheads.RunAsync(
            shard,
            async () =>
            {
                await using var scope = scopes.CreateAsyncScope();
                var writer = scope.ServiceProvider.GetRequiredService<ShardWriter>();
                writer.UseWorkerRole();
                return await work(writer, await writer.JoinAsync(owner, cancellationToken), scope.ServiceProvider);
            },
            stopping,
            cancellationToken);
    }
}
