using Application.Sagas;

namespace Platform.Sagas;

/// <summary>Knows only the run's id, which carries the bucket of its owner.</summary>
internal sealed class SagaRedrive(
    ContextPool<ShardContext> pool, BucketMap buckets, PrimaryTimelines timelines, ShardSignals signals) : ISagaRedrive
{
    [Sql(typeof(Guid), typeof(bool), typeof(long), typeof(int), Columns = [typeof(bool)])]
    private const string RedriveSql = "SELECT redrive_saga({0}, {1}, {2}, {3}) AS \"Value\"";

    public async Task<bool> RedriveAsync(Guid id, bool compensate, CancellationToken cancellationToken)
    {
        for (var reloaded = false; ; reloaded = true)
        {
            var route = await buckets.RouteOfAsync(Uuid8.BucketOf(id), cancellationToken);
            var database = DatabaseNames.WorkerOf(route.Shard);
            await timelines.UsedAsync(database);
            await using var context = pool.Rent(database);
            context.Committed = _ => { };
            try
            {
                await context.Database.BeginTransactionAsync(cancellationToken);
                var redriven = (await context.Database
                    .SqlQueryRaw<bool>(RedriveSql, id, compensate, route.Epoch, timelines.Highest(database))
                    .ToListAsync(cancellationToken)).Single();
                await context.Database.EndAsync();
                if (redriven)
                {
                    signals.Notify(ShardSignal.Sagas, route.Shard);
                }

                return redriven;
            }
            catch (Exception exception) when (!reloaded && DatabaseErrors.Of(exception) == DatabaseError.BucketMoved)
            {
                await buckets.ReloadAsync(cancellationToken);
            }
        }
    }
}
