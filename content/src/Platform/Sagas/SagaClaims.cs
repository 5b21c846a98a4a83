namespace Platform.Sagas;

/// <summary>What a worker asks a shard about the runs of all users.</summary>
internal sealed class SagaClaims(
    ContextPool<ShardContext> pool, PrimaryTimelines timelines, SagaDefinitions definitions, IOptions<SagaOptions> options)
{
    [Sql(typeof(TimeSpan), typeof(int), typeof(string[]), typeof(int), Row = typeof(SagaRun))]
    private const string ClaimSql = $"SELECT {SagaRows.Columns} FROM claim_sagas({{0}}, {{1}}, {{2}}, {{3}})";

    [Sql(Row = typeof(SagaBacklog))]
    private const string BacklogSql = "SELECT oldest_seconds, dead, next_seconds FROM saga_backlog()";

    /// <summary>Leases up to <paramref name="most"/> runs of the shard that are due.</summary>
    public async Task<List<SagaRun>> ClaimAsync(string shard, int most, CancellationToken cancellationToken)
    {
        var database = DatabaseNames.WorkerOf(shard);
        var timeline = timelines.Highest(database);
        await using var context = pool.Rent(database);
        var claimed = await context.Set<SagaRun>()
            .FromSqlRaw(ClaimSql, options.Value.Lease, most, definitions.Names, timeline)
            .AsNoTracking().ToListAsync(cancellationToken);
        if (claimed.Count > 0)
        {
            // A poll that finds nothing is no use of the primary. These are, and it may be an old one.
            await timelines.UsedAsync(database);
            if (timelines.Highest(database) > timeline)
            {
                throw new InvalidOperationException($"The server of '{shard}' is an old primary.");
            }
        }

        return claimed;
    }

    public async Task<SagaBacklog> BacklogAsync(string shard, CancellationToken cancellationToken)
    {
        await using var context = pool.Rent(DatabaseNames.WorkerOf(shard));
        return (await context.Database
            .SqlQueryRaw<SagaBacklog>(BacklogSql)
            .ToListAsync(cancellationToken)).Single();
    }
}

/// <param name="OldestSeconds">Age of the oldest run that has not ended; 0 when there is none.</param>
/// <param name="Dead">Runs that wait for an operator.</param>
/// <param name="NextSeconds">Until the next run is due; infinite when none has not ended.</param>
internal sealed record SagaBacklog(double OldestSeconds, long Dead, double NextSeconds);
