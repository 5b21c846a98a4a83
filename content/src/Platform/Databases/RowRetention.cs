namespace Platform.Databases;

/// <summary>
/// Rows of each shard that nobody needs any more once they have some age. Subclasses are found by scanning, so they come and
/// go with their feature's folder.
/// </summary>
/// <param name="what">What they are, for people.</param>
/// <param name="dropSql">Drops some of them; takes two parameters, and gives how many there were.</param>
/// <param name="age">From which they are old.</param>
/// <param name="interval">How often to look for them.</param>
public abstract class RowRetention(string what, string dropSql, TimeSpan age, TimeSpan interval)
{
    public override string ToString() => what;

    public TimeSpan Interval => interval;

    protected TimeSpan Age => age;

    /// <summary>Drops some of a shard's, by their age and how many at most.</summary>
    /// <returns>How many; fewer than <paramref name="most"/> when there are no more.</returns>
    public virtual Task<long> DropAsync(NpgsqlDataSource worker, int most, CancellationToken cancellationToken) =>
        DropAsync(worker, age, most, cancellationToken);

    protected async Task<long> DropAsync(
        NpgsqlDataSource worker, object first, object second, CancellationToken cancellationToken)
    {
        await using var drop = Command(worker, dropSql, first, second);
        return (long)(await drop.ExecuteScalarAsync(cancellationToken))!;
    }

    protected static NpgsqlCommand Command(NpgsqlDataSource source, string sql, object first, object second)
    {
        var command = source.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter { Value = first });
        command.Parameters.Add(new NpgsqlParameter { Value = second });
        return command;
    }
}

/// <summary>
/// Drops <see cref="RowRetention"/> of each shard, a few at a time. Any number of instances may do it at once.
/// </summary>
internal sealed class RetentionWorker(
    DataSources primaries, DatabaseNames names, IEnumerable<RowRetention> kinds, TimeProvider clock,
    ILogger<RetentionWorker> logger)
    : PollingWorker<(RowRetention Rows, string Shard)>(
        from rows in kinds from shard in names.Shards select (rows, shard), logger)
{
    private const int AtOnce = 1_000;

    internal async Task<long> DropAsync(RowRetention rows, string shard, CancellationToken cancellationToken)
    {
        long dropped, total = 0;
        do
        {
            dropped = await rows.DropAsync(primaries.For(DatabaseNames.WorkerOf(shard)), AtOnce, cancellationToken);
            total += dropped;
        }
        while (dropped == AtOnce);

        return total;
    }

    protected override async Task<TimeSpan> PollAsync((RowRetention Rows, string Shard) subject, CancellationToken stopping)
    {
        await Task.Delay(Backoff.Jittered(subject.Rows.Interval), clock, stopping);
        await DropAsync(subject.Rows, subject.Shard, stopping);
        return TimeSpan.Zero;
    }
}
