using Application.Sagas;
using ErrorOr;

namespace Platform.Sagas;

/// <summary>
/// What the engine writes, in the transaction of a context that works for the rows' user. Times are the database's.
/// </summary>
internal static class SagaRows
{
    public const string Columns =
        "owner_id, id, name, data, status, step, attempt, retries, due_at, lease_epoch, error_code, error, failure, "
        + "trace_parent, is_forced, created_at, ended_at";

    [Sql(
        typeof(Guid), typeof(Guid), typeof(string), typeof(short), typeof(int), typeof(int), typeof(int), typeof(string),
        typeof(string), typeof(string), typeof(TimeSpan), typeof(bool), typeof(long), typeof(short), typeof(int))]
    private const string ReplaceSql = """
        WITH done AS (
            INSERT INTO saga_steps (owner_id, saga_id, step)
            SELECT {0}, {1}, {2}::text WHERE {2}::text IS NOT NULL
            ON CONFLICT DO NOTHING RETURNING 1
        )
        UPDATE sagas
        SET status = {3}, step = {4}, attempt = {5}, retries = {6}, error_code = {7}::text, error = {8}::text, failure = {9}::text,
            due_at = clock_timestamp() + {10}, ended_at = CASE WHEN {11} THEN clock_timestamp() END
        WHERE owner_id = {0} AND id = {1} AND lease_epoch = {12} AND status = {13} AND step = {14}
          AND ({2}::text IS NULL OR EXISTS (SELECT FROM done))
        """;

    [Sql(typeof(Guid), typeof(Guid), typeof(string), typeof(string), typeof(string))]
    private const string RecordSql = """
        INSERT INTO saga_steps (owner_id, saga_id, step, error_code, error)
        VALUES ({0}, {1}, {2}, {3}::text, {4}::text)
        ON CONFLICT DO NOTHING
        """;

    /// <summary>Replaces a run by its next state, if its lease still is the newest. False when nothing was stored.</summary>
    /// <param name="due">When it is due again: after a lease or a pause.</param>
    /// <param name="step">A step of the run's own user: is written as done as well, and must not have been.</param>
    public static async Task<bool> ReplaceAsync(
        ShardContext context, SagaRun run, SagaRun next, TimeSpan due, string? step, CancellationToken cancellationToken) =>
        await context.Database.ExecuteSqlRawAsync(
            ReplaceSql,
            [
                run.Owner.Value, run.Id, step!, (short)next.Status, next.Step, next.Attempt, next.Retries, next.ErrorCode!,
                next.Error!,
                next.Failure!, due, next.Status is SagaStatus.Completed or SagaStatus.Compensated, run.LeaseEpoch,
                (short)run.Status, run.Step,
            ],
            cancellationToken) == 1;

    /// <summary>Writes that a step was done or refused. False when its row was there already.</summary>
    public static async Task<bool> RecordAsync(
        ShardContext context, SagaRun run, UserId owner, string step, Error? refusal, CancellationToken cancellationToken) =>
        await context.Database.ExecuteSqlRawAsync(
            RecordSql, [owner.Value, run.Id, step, refusal?.Code!, refusal?.Description!],
            cancellationToken) == 1;

    /// <summary>What is written of a step; null when nothing is.</summary>
    public static Task<SagaStepRow?> FindAsync(
        ShardContext context, SagaRun run, UserId owner, string step, CancellationToken cancellationToken) =>
        context.Set<SagaStepRow>().AsNoTracking()
            .SingleOrDefaultAsync(s => s.Owner == owner && s.SagaId == run.Id && s.Step == step, cancellationToken);
}
