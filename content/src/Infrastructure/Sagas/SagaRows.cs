using Acme.Service.Application.Sagas;
using Acme.Service.Domain.Common;
using Acme.Service.Infrastructure.Persistence;
using ErrorOr;
using Microsoft.EntityFrameworkCore;

namespace Acme.Service.Infrastructure.Sagas;

/// <summary>What the engine writes, in the transaction of a context that works for the rows' user. Times are the database's.</summary>
internal static class SagaRows
{
    /// <summary>Replaces a run by its next state, if its lease still is the newest. False when nothing was stored.</summary>
    /// <param name="due">When it is due: after a lease, for whoever goes on with it, or after a pause.</param>
    /// <param name="step">A step of the run's own user: is written as done as well, and must not have been.</param>
    public static async Task<bool> ReplaceAsync(
        ShardContext context, SagaRun run, SagaRun next, TimeSpan due, string? step, CancellationToken cancellationToken) =>
        await context.Database.ExecuteSqlAsync(
            $"""
             WITH done AS (
                 INSERT INTO saga_steps (owner_id, saga_id, step)
                 SELECT {run.Owner.Value}, {run.Id}, {step}::text WHERE {step}::text IS NOT NULL
                 ON CONFLICT DO NOTHING RETURNING 1
             )
             UPDATE sagas
             SET status = {(short)next.Status}, step = {next.Step}, attempt = {next.Attempt}, retries = {next.Retries},
                 error_code = {next.ErrorCode}::text, error = {next.Error}::text, failure = {next.Failure}::text,
                 due_at = clock_timestamp() + {due},
                 ended_at = CASE WHEN {next.Status is SagaStatus.Completed or SagaStatus.Compensated} THEN clock_timestamp() END
             WHERE owner_id = {run.Owner.Value} AND id = {run.Id} AND lease_epoch = {run.LeaseEpoch}
               AND status = {(short)run.Status} AND step = {run.Step}
               AND ({step}::text IS NULL OR EXISTS (SELECT FROM done))
             """,
            cancellationToken) == 1;

    /// <summary>Writes that a step was done, or that it was refused. False when somebody has written what became of it.</summary>
    public static async Task<bool> RecordAsync(
        ShardContext context, SagaRun run, UserId owner, string step, Error? refusal, CancellationToken cancellationToken) =>
        await context.Database.ExecuteSqlAsync(
            $"""
             INSERT INTO saga_steps (owner_id, saga_id, step, error_code, error)
             VALUES ({owner.Value}, {run.Id}, {step}, {refusal?.Code}::text, {refusal?.Description}::text)
             ON CONFLICT DO NOTHING
             """,
            cancellationToken) == 1;

    /// <summary>What is written of a step; null when nothing is.</summary>
    public static Task<SagaStepRow?> FindAsync(
        ShardContext context, SagaRun run, UserId owner, string step, CancellationToken cancellationToken) =>
        context.Set<SagaStepRow>().AsNoTracking()
            .SingleOrDefaultAsync(s => s.Owner == owner && s.SagaId == run.Id && s.Step == step, cancellationToken);
}
