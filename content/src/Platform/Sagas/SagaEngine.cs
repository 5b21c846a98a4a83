using System.Diagnostics;
using System.Text.Json;
using Application.Sagas;
using ErrorOr;
using Mediator;

namespace Platform.Sagas;

/// <summary>
/// Does the steps of a run. The row of a step commits with its effect, so a step that is done twice finds the row the
/// second time and has no effect. Only the holder of the newest lease moves the run on; a late one finds that it cannot.
/// </summary>
internal sealed partial class SagaEngine(
    SagaBulkheads bulkheads,
    SagaDefinitions definitions,
    ShardSignals signals,
    BucketMap buckets,
    SagaTelemetry telemetry,
    IOptions<SagaOptions> options,
    ILogger<SagaEngine> logger)
{
    /// <summary>Returns when the run ends, has to wait, or is leased by another instance, or when the service stops.</summary>
    /// <param name="stopping">No further step is begun.</param>
    /// <param name="aborting">The step under way is given up.</param>
    public async Task RunAsync(SagaLease lease, CancellationToken stopping, CancellationToken aborting)
    {
        var (run, since) = lease;
        var place = new Place(run, run);
        while (run.Status is SagaStatus.Running or SagaStatus.Compensating)
        {
            var left = options.Value.Lease - Stopwatch.GetElapsedTime(since);
            if (left <= TimeSpan.Zero)
            {
                return;
            }

            if (stopping.IsCancellationRequested)
            {
                await ReleaseAsync(place.Stored, run, TimeSpan.Zero, aborting);
                return;
            }

            var began = Stopwatch.GetTimestamp();
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(aborting);
            timeout.CancelAfter(left);
            using var span = telemetry.StartStep(run, definitions.StepOf(run) ?? $"{run.Step}");
            try
            {
                if (await StepAsync(place, span, stopping, timeout.Token) is not { } next)
                {
                    LogLost(run.Name, run.Id);
                    return;
                }

                // What was stored renewed the lease, at some time after the step began: counted from there it is never too long.
                since = ReferenceEquals(next.Stored, place.Stored) ? since : began;
                (place, run) = (next, next.Run);
            }
            catch (Exception) when (aborting.IsCancellationRequested)
            {
                return;
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested && !timeout.IsCancellationRequested)
            {
                // It had no turn yet.
            }
            catch (Exception exception)
            {
                span.Fail(exception);
                await FailAsync(
                    place, exception, timeout.IsCancellationRequested || SagaFailures.IsTransient(exception), aborting);
                return;
            }
        }

        if (run.Status == SagaStatus.Dead)
        {
            LogDead(run.Name, run.Id, run.Failure);
        }
    }

    /// <returns>The run's next state; null when the lease was lost.</returns>
    private async Task<Place?> StepAsync(
        Place place, SagaTelemetry.Step span, CancellationToken stopping, CancellationToken cancellationToken)
    {
        var (run, stored) = place;
        var saga = definitions[run.Name];
        var name = definitions.StepOf(run)!;
        var data = JsonSerializer.Deserialize(run.Data, saga.DataType)!;
        var owner = saga.Steps[run.Step].Owner(data);
        var done = SagaTransitions.Done(run, saga);
        if (SagaTransitions.CommandOf(run, saga, data) is not { } command)
        {
            return await AdvanceAsync(stored, done, name, cancellationToken);
        }

        var (isDone, refusal) = SagaTransitions.Forced(run, saga, data) is { } forced
            ? (false, forced)
            : await DoAsync(place, done, name, owner, command, stopping, cancellationToken);
        if (isDone)
        {
            return owner == run.Owner ? new Place(done, done)
                : SagaTransitions.IsNextOwn(done, saga, data) ? new Place(done, stored)
                : await AdvanceAsync(stored, done, name, cancellationToken);
        }

        // Refused, or already recorded. The first record of a step decides.
        var canUndo = refusal is { } error && SagaTransitions.CanUndo(run, saga, data, error);
        var next = await WrittenAsync(run, name, owner, canUndo ? refusal : null, cancellationToken) switch
        {
            { ErrorCode: null } => done,
            { } refused => SagaTransitions.Refused(run, refused),
            null when refusal is { } final => SagaTransitions.Dead(run, final),
            null => null,
        };
        span.Outcome = next?.Status is SagaStatus.Running or SagaStatus.Completed ? "done" : "refused";
        return next is null ? null : await AdvanceAsync(stored, next, name, cancellationToken);
    }

    /// <summary>
    /// The step's row, its effect and, when all are rows of one user, the run's next state, in one transaction. Neither
    /// done nor refused: the row was there, or the lease is lost.
    /// </summary>
    private Task<(bool IsDone, Error? Refusal)> DoAsync(
        Place place, SagaRun done, string step, UserId owner, ICommand<ErrorOr<Success>> command,
        CancellationToken stopping, CancellationToken cancellationToken) => bulkheads.RunAsync<(bool, Error?)>(
        owner,
        async (writer, context, services) =>
        {
            var (run, stored) = place;
            SagaPoints.Reached(SagaPoint.BeforeEffect, run.Name, step);
            var isOwn = owner == run.Owner;
            if (!(isOwn
                ? await SagaRows.ReplaceAsync(context, stored, done, options.Value.Lease, step, cancellationToken)
                : await SagaRows.RecordAsync(context, run, owner, step, refusal: null, cancellationToken)))
            {
                return (false, null);
            }

            writer.OnCommitting(() => SagaPoints.Reached(SagaPoint.AfterEffect, run.Name, step));
            var answer = await services.GetRequiredService<ISender>().Send(command, cancellationToken);
            if (answer.IsError)
            {
                return (false, answer.FirstError);
            }

            SagaPoints.Reached(isOwn ? SagaPoint.AfterAdvance : SagaPoint.AfterStepCommit, run.Name, step);
            return (true, null);
        },
        cancellationToken,
        stopping);

    private Task<SagaStepRow?> WrittenAsync(
        SagaRun run, string step, UserId owner, Error? refusal, CancellationToken cancellationToken) =>
        bulkheads.RunAsync(owner, async (writer, context, _) =>
        {
            if (refusal is null)
            {
                return await SagaRows.FindAsync(context, run, owner, step, cancellationToken);
            }

            SagaPoints.Reached(SagaPoint.BeforeRefusal, run.Name, step);
            await SagaRows.RecordAsync(context, run, owner, step, refusal, cancellationToken);
            var written = await SagaRows.FindAsync(context, run, owner, step, cancellationToken);
            await writer.CommitAsync(cancellationToken);
            SagaPoints.Reached(SagaPoint.AfterRefusal, run.Name, step);
            return written;
        }, cancellationToken);

    private Task<Place?> AdvanceAsync(SagaRun stored, SagaRun next, string step, CancellationToken cancellationToken) =>
        bulkheads.RunAsync<Place?>(stored.Owner, async (writer, context, _) =>
        {
            if (!await SagaRows.ReplaceAsync(context, stored, next, options.Value.Lease, step: null, cancellationToken))
            {
                return null;
            }

            SagaPoints.Reached(SagaPoint.BeforeAdvance, stored.Name, step);
            await writer.CommitAsync(cancellationToken);
            SagaPoints.Reached(SagaPoint.AfterAdvance, stored.Name, step);
            return new Place(next, next);
        }, cancellationToken);

    private async Task FailAsync(Place place, Exception exception, bool isTransient, CancellationToken aborting)
    {
        var (run, stored) = place;
        var next = SagaTransitions.Failed(run, exception, isTransient, options.Value.MaxAttempts);
        if (next.Status == SagaStatus.Dead)
        {
            LogDeadWith(exception, run.Name, run.Id);
        }
        else
        {
            LogFailed(exception, run.Name, run.Id, definitions.StepOf(run));
        }

        var wait = isTransient ? SagaFailures.PauseAfter(next.Retries) : SagaFailures.PauseAfterMistake(next.Attempt);
        await ReleaseAsync(stored, next, wait, aborting, reload: DatabaseErrors.Of(exception) == DatabaseError.BucketMoved);
    }

    /// <summary>Gives the run up until it is due again. When that cannot be stored, its lease runs out instead.</summary>
    private async Task ReleaseAsync(SagaRun stored, SagaRun next, TimeSpan wait, CancellationToken aborting, bool reload = false)
    {
        try
        {
            if (reload)
            {
                await buckets.ReloadAsync(aborting);
            }

            await bulkheads.RunAsync(stored.Owner, async (writer, context, _) =>
            {
                var isOurs = await SagaRows.ReplaceAsync(context, stored, next, wait, step: null, aborting);
                await writer.CommitAsync(aborting);
                return isOurs;
            }, aborting);
            var shard = (await buckets.RouteOfAsync(stored.Owner.Bucket, aborting)).Shard;
            if (wait == TimeSpan.Zero)
            {
                signals.Notify(ShardSignal.Sagas, shard);
            }

            _ = Task.Delay(wait, aborting).ContinueWith(_ => signals.Wake(ShardSignal.Sagas, shard), TaskScheduler.Default);
        }
        catch (Exception exception)
        {
            LogNotReleased(exception, stored.Name, stored.Id);
        }
    }

    [LoggerMessage(LogLevel.Debug, "Saga {Saga} {Id} is worked on by another instance.")]
    private partial void LogLost(string saga, Guid id);

    [LoggerMessage(LogLevel.Warning, "Step {Step} of saga {Saga} {Id} failed and will be tried again.")]
    private partial void LogFailed(Exception exception, string saga, Guid id, string? step);

    [LoggerMessage(LogLevel.Error, "Saga {Saga} {Id} is dead: {Failure}")]
    private partial void LogDead(string saga, Guid id, string? failure);

    [LoggerMessage(LogLevel.Error, "Saga {Saga} {Id} is dead.")]
    private partial void LogDeadWith(Exception exception, string saga, Guid id);

    [LoggerMessage(LogLevel.Debug, "Saga {Saga} {Id} was not given back; its lease will run out.")]
    private partial void LogNotReleased(Exception exception, string saga, Guid id);

    /// <param name="Stored">What the run's row says: a step behind when the next one, on the run's shard, stores both.</param>
    private sealed record Place(SagaRun Run, SagaRun Stored);
}
