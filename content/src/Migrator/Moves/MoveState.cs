namespace Migrator.Moves;

/// <summary>What the directory and the two shards know of a move.</summary>
internal sealed class MoveState(MoveSession directory, short bucket)
{
    [Sql(typeof(short), Columns = [typeof(string)], InDirectory = true)]
    private const string ShardSql = "SELECT shard FROM bucket_map WHERE bucket = $1";

    [Sql(typeof(short), Columns = [typeof(string), typeof(string), typeof(long), typeof(bool)], InDirectory = true)]
    private const string FindSql = "SELECT source, target, epoch, is_open FROM bucket_moves WHERE bucket = $1";

    [Sql(typeof(short), typeof(string), InDirectory = true)]
    private const string RegisterSql = """
        INSERT INTO bucket_moves (bucket, source, target, epoch)
        SELECT bucket, shard, $2, epoch + 1 FROM bucket_map WHERE bucket = $1
        """;

    [Sql(typeof(short), typeof(string), InDirectory = true)]
    private const string NoteSql = "UPDATE bucket_moves SET note = $2, noted_at = clock_timestamp() WHERE bucket = $1";

    [Sql(typeof(short), InDirectory = true)]
    private const string MapSql = """
        WITH move AS (UPDATE bucket_moves SET is_open = true WHERE bucket = $1 RETURNING bucket, source, target, epoch)
        UPDATE bucket_map m SET shard = target, epoch = move.epoch
        FROM move WHERE m.bucket = move.bucket AND m.shard = source AND m.epoch = move.epoch - 1
        """;

    [Sql(typeof(short), InDirectory = true)]
    private const string ForgetSql = "DELETE FROM bucket_moves WHERE bucket = $1";

    [Sql(typeof(short), Columns = [typeof(string)])]
    private const string StateSql = "SELECT state FROM bucket_owner WHERE bucket = $1";

    /// <summary>
    /// From which state to which, and whether the epoch grows. Back from 'moved' only while the map names the source.
    /// </summary>
    [Sql(typeof(short), typeof(long), typeof(string))]
    private const string ChangeSql = """
        INSERT INTO bucket_owner (bucket, epoch, state)
        SELECT $1::smallint, $2::bigint, $3::text WHERE $3 = 'opening' OR EXISTS (SELECT FROM bucket_owner WHERE bucket = $1)
        ON CONFLICT (bucket) DO UPDATE SET epoch = excluded.epoch, state = excluded.state
        WHERE (bucket_owner.state, excluded.state, sign(excluded.epoch - bucket_owner.epoch)) IN (
            ('active', 'moving', 0), ('moving', 'moving', 0), ('moved', 'moving', -1), ('moving', 'moved', 1),
            ('active', 'active', 0), ('moving', 'active', 0), ('moved', 'active', -1),
            ('moved', 'opening', 1), ('opening', 'active', 0), ('opening', 'moved', -1))
        """;

    [Sql(typeof(int))]
    private const string CloseSql = "SELECT pg_advisory_lock(1110787914, $1)";

    [Sql(typeof(string), Columns = [typeof(string)])]
    private const string MaxIdleSql = "SELECT set_config('idle_session_timeout', $1, false)";

    [Sql(Columns = [typeof(string)])]
    private const string PositionSql = "SELECT pg_current_wal_flush_lsn()::text";

    /// <summary>Standbys report how far they are when they get something, so each look sends them something.</summary>
    [Sql]
    private const string TouchSql = "SELECT pg_logical_emit_message(true, 'move', '')";

    /// <summary>
    /// A standby that is away has a slot. Columns that this role is not shown are null, and then no standby has it.
    /// </summary>
    [Sql(typeof(string), Columns = [typeof(bool)])]
    private const string StandbyHasSql = """
        SELECT coalesce(
            bool_or(replay_lsn >= $1::text::pg_lsn),
            count(*) = 0 AND NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_type = 'physical'))
        FROM pg_stat_replication
        """;

    /// <returns>The shard that the map names; null when it has no such bucket.</returns>
    public Task<string?> ShardAsync(CancellationToken cancellationToken) =>
        directory.ScalarAsync<string>(ShardSql, cancellationToken, bucket);

    /// <returns>The move that is not finished; null when there is none.</returns>
    public async Task<BucketMove?> FindAsync(CancellationToken cancellationToken) => (await directory.QueryAsync(
        FindSql,
        row => new BucketMove(bucket, row.GetString(0), row.GetString(1), row.GetInt64(2), row.GetBoolean(3)),
        cancellationToken,
        bucket)).SingleOrDefault();

    public Task RegisterAsync(string target, CancellationToken cancellationToken) =>
        directory.ExecuteAsync(RegisterSql, cancellationToken, bucket, target);

    /// <summary>For people who ask how far the move is.</summary>
    public Task NoteAsync(string line, CancellationToken cancellationToken) =>
        directory.ExecuteAsync(NoteSql, cancellationToken, bucket, line);

    /// <summary>The one point at which the bucket changes its shard.</summary>
    public Task MapAsync() =>
        ExpectAsync(directory.ExecuteAsync(MapSql, CancellationToken.None, bucket), "The bucket map has changed.");

    public Task ForgetAsync(CancellationToken cancellationToken) => directory.ExecuteAsync(ForgetSql, cancellationToken, bucket);

    public Task<string?> OfAsync(MoveSession shard, CancellationToken cancellationToken) =>
        shard.ScalarAsync<string>(StateSql, cancellationToken, bucket);

    public Task ChangeAsync(MoveSession shard, long epoch, string state, CancellationToken cancellationToken) => ExpectAsync(
        shard.ExecuteAsync(ChangeSql, cancellationToken, bucket, epoch, state),
        $"{shard.Database} cannot have the bucket as {state} at epoch {epoch}.");

    /// <summary>
    /// Keeps writers out until the session ends. It has waited for those that are under way; all that they wrote can be seen.
    /// </summary>
    /// <returns>False when transactions did not end in time.</returns>
    public async Task<bool> TryCloseAsync(MoveSession shard, TimeSpan maxIdle, CancellationToken cancellationToken)
    {
        await MaxIdleAsync(shard, maxIdle, cancellationToken);
        try
        {
            await shard.ExecuteAsync(CloseSql, cancellationToken, (int)bucket);
            return true;
        }
        catch (PostgresException exception) when (DatabaseErrors.Of(exception) == DatabaseError.Locked)
        {
            return false;
        }
    }

    /// <summary>The server ends the session, and with it its locks, when no statement comes for this time.</summary>
    public static Task MaxIdleAsync(MoveSession shard, TimeSpan time, CancellationToken cancellationToken) =>
        shard.ExecuteAsync(MaxIdleSql, cancellationToken, $"{(long)time.TotalMilliseconds}ms");

    /// <summary>Waits until a standby has replayed all that is committed, if the server has one.</summary>
    /// <exception cref="MoveException">It took too long.</exception>
    public static async Task StandbyHasItAsync(MoveSession shard, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var position = (await shard.ScalarAsync<string>(PositionSql, cancellationToken))!;
        for (var (waited, times) = (Stopwatch.StartNew(), 1); ; times++)
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
                    $"No standby of {shard.Database} has the rows after {waited.Elapsed.TotalSeconds:0} s. "
                    + "If it has none any more, drop its slot.");
            }

            await Task.Delay(
                Backoff.After(times, TimeSpan.FromMilliseconds(4), TimeSpan.FromMilliseconds(200)), cancellationToken);
        }
    }

    private async Task ExpectAsync(Task<int> rows, string otherwise)
    {
        if (await rows != 1)
        {
            throw new MoveException(MoveOutcome.Failed, $"Bucket {bucket}: {otherwise}");
        }
    }
}
