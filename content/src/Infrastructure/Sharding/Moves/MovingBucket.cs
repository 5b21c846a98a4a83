using System.Diagnostics;
using Infrastructure.Persistence;
using Npgsql;

namespace Infrastructure.Sharding;

/// <summary>What a move does to its bucket in one of the two shards. A state that it does not expect throws.</summary>
/// <param name="epoch">Of the bucket on the target.</param>
internal sealed class MovingBucket(MoveSession shard, short bucket, long epoch)
{
    [Sql(typeof(int))]
    private const string CloseSql = "SELECT pg_advisory_lock(1110787914, $1)";

    /// <summary>On the source, whose epoch is lower by one. From 'moved' only when the bucket map does not name the target.</summary>
    [Sql(typeof(short), typeof(long), typeof(string))]
    private const string ServeSql = """
        UPDATE bucket_owner SET state = $3, epoch = $2::bigint - 1
        WHERE bucket = $1 AND (epoch = $2::bigint - 1 AND state IN ('active', 'moving') OR epoch = $2 AND state = 'moved')
        """;

    [Sql(typeof(short), typeof(long))]
    private const string LeaveSql =
        "UPDATE bucket_owner SET state = 'moved', epoch = $2 WHERE bucket = $1 AND epoch = $2::bigint - 1 AND state = 'moving'";

    [Sql(typeof(short), typeof(long), Columns = [typeof(bool)])]
    private const string HasLeftSql = "SELECT EXISTS (SELECT FROM bucket_owner WHERE bucket = $1 AND epoch = $2 AND state = 'moved')";

    [Sql(typeof(short), Columns = [typeof(bool)])]
    private const string IsServedSql = "SELECT EXISTS (SELECT FROM bucket_owner WHERE bucket = $1 AND state IN ('active', 'moving'))";

    [Sql(typeof(short))]
    private const string ForgetSql = "DELETE FROM bucket_owner WHERE bucket = $1 AND state = 'opening'";

    [Sql(typeof(short), typeof(long), typeof(string))]
    private const string OpenSql = """
        INSERT INTO bucket_owner (bucket, epoch, state) VALUES ($1, $2, $3)
        ON CONFLICT (bucket) DO UPDATE SET epoch = excluded.epoch, state = excluded.state
            WHERE bucket_owner.epoch < excluded.epoch OR bucket_owner.state IN ('opening', excluded.state)
        """;

    /// <summary>A row that was not visible to a statement after this one was written by this transaction or a later one.</summary>
    [Sql(Columns = [typeof(string)])]
    private const string HorizonSql = "SELECT pg_snapshot_xmin(pg_current_snapshot())::xid::text";

    [Sql(Columns = [typeof(string)])]
    private const string PositionSql = "SELECT pg_current_wal_flush_lsn()::text";

    /// <summary>Standbys report how far they are when they get something, so each look sends them something.</summary>
    [Sql]
    private const string TouchSql = "SELECT pg_logical_emit_message(true, 'move', '')";

    /// <summary>A standby that is away has a slot. Columns that this role is not shown are null, and then no standby has it.</summary>
    [Sql(typeof(string), Columns = [typeof(bool)])]
    private const string StandbyHasSql = """
        SELECT coalesce(
            bool_or(replay_lsn >= $1::text::pg_lsn),
            count(*) = 0 AND NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_type = 'physical'))
        FROM pg_stat_replication
        """;

    public string Shard => shard.Database;

    /// <summary>
    /// Keeps writers out until this session ends. It has waited for those that are under way; all that they wrote can be seen.
    /// </summary>
    /// <param name="idle">The server opens the bucket when this run does nothing for this time.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>False when transactions did not end in time.</returns>
    public async Task<bool> TryCloseAsync(TimeSpan idle, CancellationToken cancellationToken)
    {
        try
        {
            await shard.LimitIdleAsync(idle, cancellationToken);
            await shard.ExecuteAsync(CloseSql, cancellationToken, (int)bucket);
            return true;
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            return false;
        }
    }

    public Task ServeAsync(string state, CancellationToken cancellationToken) =>
        ExpectAsync(shard.ExecuteAsync(ServeSql, cancellationToken, bucket, epoch, state), "served at the epoch of the bucket map");

    public Task LeaveAsync() => ExpectAsync(shard.ExecuteAsync(LeaveSql, CancellationToken.None, bucket, epoch), "being moved");

    public Task<bool> HasLeftAsync(CancellationToken cancellationToken) =>
        shard.ScalarAsync<bool>(HasLeftSql, cancellationToken, bucket, epoch);

    public Task<bool> IsServedAsync(CancellationToken cancellationToken) =>
        shard.ScalarAsync<bool>(IsServedSql, cancellationToken, bucket);

    public Task ForgetAsync(CancellationToken cancellationToken) => shard.ExecuteAsync(ForgetSql, cancellationToken, bucket);

    /// <param name="state"><c>opening</c> before the map names the shard, <c>active</c> after it.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public Task OpenAsync(string state, CancellationToken cancellationToken) =>
        ExpectAsync(shard.ExecuteAsync(OpenSql, cancellationToken, bucket, epoch, state), $"to be opened at epoch {epoch}");

    public async Task<string> HorizonAsync(CancellationToken cancellationToken) =>
        (await shard.ScalarAsync<string>(HorizonSql, cancellationToken))!;

    public Task LimitIdleAsync(CancellationToken cancellationToken) => shard.LimitIdleAsync(null, cancellationToken);

    /// <summary>Waits until a standby has replayed all that is committed here, if the server has one.</summary>
    /// <exception cref="MoveException">It took too long.</exception>
    public async Task StandbyHasItAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        var position = (await shard.ScalarAsync<string>(PositionSql, cancellationToken))!;
        for (var (waited, pause) = (Stopwatch.StartNew(), 2); ; pause = Math.Min(pause * 2, 200))
        {
            await shard.ExecuteAsync(TouchSql, cancellationToken);
            if (await shard.ScalarAsync<bool>(StandbyHasSql, cancellationToken, position))
            {
                return;
            }

            if (waited.Elapsed > timeout)
            {
                throw new MoveException(
                    MoveOutcome.Failed,
                    $"No standby of {Shard} has the rows after {waited.Elapsed.TotalSeconds:0} s. If it has none any more, drop its slot.");
            }

            await Task.Delay(pause, cancellationToken);
        }
    }

    private async Task ExpectAsync(Task<int> rows, string what)
    {
        if (await rows != 1)
        {
            throw new MoveException(MoveOutcome.Failed, $"{Shard} does not know bucket {bucket} as one that is {what}.");
        }
    }
}
