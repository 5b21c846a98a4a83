using Application.Sagas;
using ErrorOr;
using Mediator;

namespace Platform.Sagas;

/// <summary>From which state a run goes to which.</summary>
internal static class SagaTransitions
{
    private static readonly Error ByOperator = Error.Conflict(
        "Saga.Cancelled", "It was cancelled by an operator of the service.");

    /// <summary>What the run does next; null when there is nothing to do in its step.</summary>
    public static ICommand<ErrorOr<Success>>? CommandOf(SagaRun run, ISaga saga, object data) =>
        run.Status == SagaStatus.Compensating
            ? saga.Steps[run.Step].Compensation(data, Error.Failure(run.ErrorCode!, run.Error!))
            : saga.Steps[run.Step].Effect(data);

    public static SagaRun Done(SagaRun run, ISaga saga) => Fresh(run) switch
    {
        { Status: SagaStatus.Compensating } => Undo(run),
        var next when run.Step + 1 < saga.Steps.Count => next with { Step = run.Step + 1 },
        var next => next with { Status = SagaStatus.Completed },
    };

    /// <summary>Whether the run goes on with a command on the shard where it is stored.</summary>
    public static bool IsNextOwn(SagaRun run, ISaga saga, object data) =>
        run.Status is SagaStatus.Running or SagaStatus.Compensating
        && saga.Steps[run.Step].Owner(data) == run.Owner
        && CommandOf(run, saga, data) is not null;

    /// <summary>Whether an error is a refusal: everything that was done before it can be taken back.</summary>
    public static bool CanUndo(SagaRun run, ISaga saga, object data, Error why) =>
        run.Status == SagaStatus.Running
        && saga.Steps.Take(run.Step).All(step => step.Compensation(data, why) is not null);

    /// <summary>
    /// Why a step is not done, in a run that an operator wants undone. Past the pivot there is only the way forward.
    /// </summary>
    public static Error? Forced(SagaRun run, ISaga saga, object data) =>
        run.IsForced && CanUndo(run, saga, data, ByOperator) ? ByOperator : null;

    public static SagaRun Refused(SagaRun run, SagaStepRow why) =>
        Undo(run with { Status = SagaStatus.Compensating, ErrorCode = why.ErrorCode, Error = why.Error });

    public static SagaRun Dead(SagaRun run, Error why) =>
        run with { Status = SagaStatus.Dead, Failure = $"{why.Code}: {why.Description}" };

    public static SagaRun Failed(SagaRun run, Exception exception, bool isTransient, int maxAttempts)
    {
        var attempt = run.Attempt + (isTransient ? 0 : 1);
        return run with
        {
            Attempt = attempt,
            Retries = run.Retries + 1,
            Status = attempt < maxAttempts ? run.Status : SagaStatus.Dead,
            Failure = $"{exception.GetType().Name}: {exception.Message}",
        };
    }

    private static SagaRun Undo(SagaRun run) => Fresh(run) switch
    {
        var next when run.Step == 0 => next with { Status = SagaStatus.Compensated },
        var next => next with { Step = run.Step - 1 },
    };

    private static SagaRun Fresh(SagaRun run) => run with { Attempt = 0, Retries = 0, Failure = null };
}
