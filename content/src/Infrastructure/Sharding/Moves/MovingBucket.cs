using System.Data;
using Infrastructure.Persistence;
using Npgsql;

namespace Infrastructure.Sharding;

/// <summary>What a move does to its bucket in a shard. Whatever ends in a state that nobody expects throws.</summary>
internal sealed class MovingBucket(MoveSession shard, short bucket)
{
    /// <summary>
    /// Ends the transaction of a run that hangs, or whose machine has died, since writers wait for it. In milliseconds.
    /// </summary>
    private const int Deadline = 1_000;

    [Sql(typeof(string), typeof(string), Columns = [typeof(string), typeof(string), typeof(string)])]
    private const string Hold = """
        SELECT set_config('lock_timeout', $1, true), set_config('statement_timeout', $2, true),
               set_config('idle_in_transaction_session_timeout', $2, true)
        """;

    [Sql(typeof(int))]
    private const string Lock = "SELECT pg_advisory_xact_lock(1110787914, $1)";

    [Sql(typeof(short), Columns = [typeof(string)])]
    private const string State = "SELECT state FROM bucket_owner WHERE bucket = $1";

    [Sql(typeof(short), typeof(long), Columns = [typeof(bool)])]
    private const string IsClosed = "SELECT EXISTS (SELECT FROM bucket_owner WHERE bucket = $1 AND state = 'moved' AND epoch = $2)";

    [Sql(typeof(short), typeof(long))]
    private const string Mark =
        "UPDATE bucket_owner SET state = 'moving' WHERE bucket = $1 AND epoch = $2 AND state IN ('active', 'moving')";

    [Sql(typeof(short), typeof(long))]
    private const string Close = """
        WITH forgotten AS (DELETE FROM bucket_changes WHERE bucket = $1)
        UPDATE bucket_owner SET state = 'moved', epoch = $2 WHERE bucket = $1 AND epoch = $2::bigint - 1 AND state = 'moving'
        """;

    [Sql(typeof(short), typeof(long))]
    private const string Open = """
        INSERT INTO bucket_owner (bucket, epoch, state) VALUES ($1, $2, 'active')
        ON CONFLICT (bucket) DO UPDATE SET epoch = excluded.epoch, state = excluded.state
            WHERE bucket_owner.epoch < excluded.epoch OR (bucket_owner.epoch, bucket_owner.state) = (excluded.epoch, excluded.state)
        """;

    [Sql(typeof(short), Columns = [typeof(long), typeof(Guid)])]
    private const string Changes = "SELECT id, owner_id FROM bucket_changes WHERE bucket = $1";

    [Sql(Columns = [typeof(string)])]
    private const string Oldest = "SELECT pg_snapshot_xmin(pg_current_snapshot())::xid::text";

    [Sql(typeof(long[]))]
    private const string Forget = "DELETE FROM bucket_changes WHERE id = ANY ($1)";

    public Task<string?> StateAsync(CancellationToken cancellationToken) =>
        shard.ScalarAsync<string>(State, cancellationToken, bucket);

    public Task<bool> IsClosedAsync(long epoch, CancellationToken cancellationToken) =>
        shard.ScalarAsync<bool>(IsClosed, cancellationToken, bucket, epoch);

    /// <summary>
    /// Begins a transaction that has the bucket for itself: each that wrote to it has ended, and others wait. Null when
    /// writers did not let go in time.
    /// </summary>
    /// <param name="patience">Meanwhile new writers wait as well.</param>
    public async Task<NpgsqlTransaction?> TryHoldAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        var transaction = await shard.BeginAsync(IsolationLevel.ReadCommitted, cancellationToken);
        try
        {
            var (milliseconds, deadline) = ($"{(int)patience.TotalMilliseconds}", $"{Deadline}");
            await shard.QueryAsync([(Hold, [milliseconds, deadline]), (Lock, [(int)bucket])], _ => 0, cancellationToken);
            return transaction;
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            await transaction.DisposeAsync();
            return null;
        }
        catch
        {
            await transaction.DisposeAsync();
            throw;
        }
    }

    /// <summary>From now on the shard records who is written to.</summary>
    public async Task MarkAsync(long epoch, CancellationToken cancellationToken) =>
        Expect(await shard.ExecuteAsync(Mark, cancellationToken, bucket, epoch), "served at the epoch of the bucket map");

    public async Task CloseAsync(long newEpoch, CancellationToken cancellationToken) =>
        Expect(await shard.ExecuteAsync(Close, cancellationToken, bucket, newEpoch), "being moved");

    public async Task OpenAsync(long epoch, CancellationToken cancellationToken) =>
        Expect(await shard.ExecuteAsync(Open, cancellationToken, bucket, epoch), $"to be opened at epoch {epoch}");

    /// <summary>Who was written to, with the ids by which that can be forgotten.</summary>
    public async Task<(long[] Ids, Guid[] Users)> ChangesAsync(CancellationToken cancellationToken)
    {
        var rows = await shard.QueryAsync(Changes, row => (row.GetInt64(0), row.GetGuid(1)), cancellationToken, bucket);
        return ([.. rows.Select(row => row.Item1)], [.. rows.Select(row => row.Item2).Distinct()]);
    }

    /// <summary>The oldest transaction that this one does not see as committed.</summary>
    public Task<string?> OldestAsync(CancellationToken cancellationToken) => shard.ScalarAsync<string>(Oldest, cancellationToken);

    public Task ForgetAsync(long[] changes, CancellationToken cancellationToken) =>
        shard.ExecuteAsync(Forget, cancellationToken, changes);

    private void Expect(int rows, string what)
    {
        if (rows != 1)
        {
            throw new MoveException(MoveOutcome.Failed, $"{shard.Database} does not know bucket {bucket} as one that is {what}.");
        }
    }
}
