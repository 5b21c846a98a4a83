namespace Platform.Sagas;

internal sealed class EndedSagas(IOptions<SagaOptions> options)
    : RowRetention("Ended sagas", DropSql, options.Value.Lifetime, TimeSpan.FromMinutes(10))
{
    [Sql(typeof(TimeSpan), typeof(int), Columns = [typeof(long)])]
    private const string DropSql = "SELECT drop_ended_sagas($1, $2)";
}

/// <summary>Steps go when their run has ended, which the shard of the run is asked for.</summary>
internal sealed class OldSagaSteps(IOptions<SagaOptions> options, BucketMap buckets, DataSources primaries)
    : RowRetention("Steps of ended sagas", DropStepsSql, options.Value.Lifetime, TimeSpan.FromMinutes(10))
{
    [Sql(typeof(TimeSpan), typeof(int), Columns = [typeof(Guid), typeof(Guid)])]
    private const string OldSql = "SELECT of_user, saga FROM old_saga_steps($1, $2)";

    [Sql(typeof(Guid[]), typeof(long[]), Columns = [typeof(Guid[])])]
    private const string OpenSql = "SELECT open_sagas($1, $2)";

    [Sql(typeof(Guid[]), typeof(Guid[]), Columns = [typeof(long)])]
    private const string DropStepsSql = "SELECT drop_saga_steps($1, $2)";

    public override async Task<long> DropAsync(NpgsqlDataSource worker, int most, CancellationToken cancellationToken)
    {
        var old = new List<(Guid User, Guid Saga)>();
        await using (var command = Command(worker, OldSql, Age, most))
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                old.Add((reader.GetGuid(0), reader.GetGuid(1)));
            }
        }

        var open = await OpenAsync(old.Select(step => step.Saga).Distinct(), cancellationToken);
        var ended = old.Where(step => !open.Contains(step.Saga)).ToArray();
        return await DropAsync(
            worker, ended.Select(step => step.User).ToArray(), ended.Select(step => step.Saga).ToArray(), cancellationToken);
    }

    /// <summary>Those that may not have ended.</summary>
    private async Task<HashSet<Guid>> OpenAsync(IEnumerable<Guid> sagas, CancellationToken cancellationToken)
    {
        var routes = new List<(Guid Saga, Route Route)>();
        foreach (var saga in sagas)
        {
            routes.Add((saga, await buckets.RouteOfAsync(Uuid8.BucketOf(saga), cancellationToken)));
        }

        var open = new HashSet<Guid>();
        foreach (var shard in routes.GroupBy(item => item.Route.Shard))
        {
            await using var command = Command(
                primaries.For(DatabaseNames.WorkerOf(shard.Key)), OpenSql,
                shard.Select(item => item.Saga).ToArray(), shard.Select(item => item.Route.Epoch).ToArray());
            open.UnionWith((Guid[])(await command.ExecuteScalarAsync(cancellationToken))!);
        }

        return open;
    }
}
