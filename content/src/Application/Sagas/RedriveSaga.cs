using Application.Common;
using ErrorOr;
using Mediator;

namespace Application.Sagas;

/// <summary>Sends a dead run on from where it is, once what stopped it is repaired. For operators.</summary>
public sealed record RedriveSaga(Guid Id) : ICommand<ErrorOr<Success>>;

public interface ISagaRedrive : IWritePort
{
    /// <summary>False when there is no dead run with this id. Done at once, outside of the unit of work.</summary>
    Task<bool> RedriveAsync(Guid id, CancellationToken cancellationToken);
}

internal sealed class RedriveSagaHandler(ISagaRedrive sagas) : ICommandHandler<RedriveSaga, ErrorOr<Success>>
{
    public async ValueTask<ErrorOr<Success>> Handle(RedriveSaga command, CancellationToken cancellationToken) =>
        await sagas.RedriveAsync(command.Id, cancellationToken)
            ? Result.Success
            : Error.NotFound("Saga.NotDead", $"There is no dead saga {command.Id}.");
}
