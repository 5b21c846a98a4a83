using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Platform.Common;
using Platform.Databases;
using Platform.Failover;

namespace Platform.Sagas;

/// <summary>What a worker asks a shard about the runs of all users.</summary>
internal sealed class SagaClaims(
    ContextPool<ShardContext> pool, PrimaryTimelines timelines, SagaDefinitions definitions, IOptions<SagaOptions> options)
{
    [Sql(typeof(TimeSpan), typeof(int), typeof(string[]), typeof(int), Row = typeof(SagaRun))]
    private const string Claim = $"SELECT {SagaRows.Columns} FROM claim_sagas({{0}}, {{1}}, {{2}}, {{3}})";

    [Sql(Row = typeof(SagaBacklog))]
    private const string Backlog = "SELECT oldest_seconds, dead FROM saga_backlog()";

    /// <summary>Leases up to <paramref name="most"/> runs of the shard that are due.</summary>
    public async Task<List<SagaRun>> ClaimAsync(string shard, int most, CancellationToken cancellationToken)
    {
        var database = DatabaseNames.WorkerOf(shard);
        await using var context = pool.Rent(database);
        return await context.Set<SagaRun>()
            .FromSqlRaw(Claim, options.Value.Lease, most, definitions.Names, timelines.Highest(database))
            .AsNoTracking().ToListAsync(cancellationToken);
    }

    public async Task<SagaBacklog> BacklogAsync(string shard, CancellationToken cancellationToken)
    {
        await using var context = pool.Rent(DatabaseNames.WorkerOf(shard));
        return (await context.Database
            .SqlQueryRaw<SagaBacklog>(Backlog)
            .ToListAsync(cancellationToken)).Single();
    }
}

internal sealed record SagaBacklog(double OldestSeconds, long Dead);
