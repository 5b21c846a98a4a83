namespace Application.Sagas;

/// <summary>Sends a run on once what stopped it is repaired, or has it undone. For operators.</summary>
/// <param name="Compensate">
/// False for a dead run that goes on from where it is. True for one that is to be undone, dead or not: its next step counts as
/// refused, unless it has been done or a step before it cannot be undone.
/// </param>
public sealed record RedriveSaga(Guid Id, bool Compensate) : ICommand<ErrorOr<Success>>;

public interface ISagaRedrive : IWritePort
{
    /// <summary>False when there is no such run. Done at once, outside of the unit of work.</summary>
    Task<bool> RedriveAsync(Guid id, bool compensate, CancellationToken cancellationToken);
}

internal sealed class RedriveSagaHandler(ISagaRedrive sagas) : ICommandHandler<RedriveSaga, ErrorOr<Success>>
{
    public async ValueTask<ErrorOr<Success>> Handle(RedriveSaga command, CancellationToken cancellationToken) =>
        await sagas.RedriveAsync(command.Id, command.Compensate, cancellationToken) ? Result.Success
            : command.Compensate ? Error.NotFound("Saga.NotOpen", $"There is no saga {command.Id} that is dead or running.")
            : Error.NotFound("Saga.NotDead", $"There is no dead saga {command.Id}.");
}
