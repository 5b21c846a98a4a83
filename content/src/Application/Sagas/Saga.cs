namespace Application.Sagas;

/// <summary>A saga that the engine finds by scanning. Derive from <see cref="Saga{TData}"/>.</summary>
public interface ISaga
{
    /// <summary>Stored with every run, so it must not change while runs are under way.</summary>
    string Name { get; }

    Type DataType { get; }

    IReadOnlyList<ISagaStep> Steps { get; }
}

/// <summary>One step: a command that changes the rows of one user, and what takes it back.</summary>
public interface ISagaStep
{
    /// <summary>Stored with every run, so it must not change while runs are under way.</summary>
    string Name { get; }

    /// <summary>In whose name, and so on whose shard, the step and its compensation work.</summary>
    UserId Owner(object data);

    /// <summary>
    /// The command that changes something; null for a first step, which the command that starts the saga does itself.
    /// </summary>
    ICommand<ErrorOr<Success>>? Effect(object data);

    /// <summary>The command that takes it back; null when there is nothing to take back.</summary>
    ICommand<ErrorOr<Success>>? Compensation(object data, Error why);
}

/// <summary>
/// Steps that are done in order, each in a transaction of its own on one shard. A step that answers with an error is
/// refused: the steps before it are then undone, the last one first. A step that throws is tried again. So a step may be
/// refused only before the pivot, the first step that cannot be undone once it is done.
/// </summary>
/// <typeparam name="TData">What the steps need to know; stored as JSON, so a record of plain values.</typeparam>
public abstract class Saga<TData> : ISaga
    where TData : class
{
    public abstract string Name { get; }

    public abstract IReadOnlyList<SagaStep<TData>> Steps { get; }

    Type ISaga.DataType => typeof(TData);

    IReadOnlyList<ISagaStep> ISaga.Steps => Steps;
}

/// <inheritdoc cref="ISagaStep"/>
public sealed record SagaStep<TData>(
    string Name,
    Func<TData, UserId> Owner,
    Func<TData, ICommand<ErrorOr<Success>>>? Effect,
    Func<TData, Error, ICommand<ErrorOr<Success>>>? Compensation = null) : ISagaStep
    where TData : class
{
    UserId ISagaStep.Owner(object data) => Owner((TData)data);

    ICommand<ErrorOr<Success>>? ISagaStep.Effect(object data) => Effect?.Invoke((TData)data);

    ICommand<ErrorOr<Success>>? ISagaStep.Compensation(object data, Error why) => Compensation?.Invoke((TData)data, why);
}

/// <summary>Starts sagas.</summary>
public interface ISagas : IWritePort
{
    /// <summary>
    /// Stores a run of the saga in the unit of work of the command that starts it, which has done the first step itself
    /// in the same unit of work. The engine goes on with the second step once that is committed.
    /// </summary>
    /// <param name="id">Of the run; begins with the bucket of <paramref name="owner"/>, as every id of theirs does.</param>
    /// <param name="owner">Whose rows the first step changes.</param>
    Task StartAsync<TSaga, TData>(Guid id, UserId owner, TData data, CancellationToken cancellationToken)
        where TSaga : Saga<TData>
        where TData : class;
}
