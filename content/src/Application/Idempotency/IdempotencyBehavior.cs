using Application.Common;
using ErrorOr;
using Mediator;

namespace Application.Idempotency;

/// <summary>
/// Answers a command that was done or refused before with what it was answered then. The key is stored in the command's own
/// unit of work: both are there, or neither. Of a command that is refused the key alone is stored, so a late duplicate is
/// refused as well, whatever has changed since.
/// </summary>
internal sealed class IdempotencyBehavior<TCommand, TResponse>(IIdempotencyKeys keys, IUnitOfWork unitOfWork)
    : IPipelineBehavior<TCommand, TResponse>
    where TCommand : IIdempotentCommand
    where TResponse : IErrorOr
{
    public async ValueTask<TResponse> Handle(
        TCommand command, MessageHandlerDelegate<TCommand, TResponse> next, CancellationToken cancellationToken)
    {
        var claim = await keys.ClaimAsync(command.Owner, command.Key, cancellationToken);
        if (claim is not IdempotencyClaim.Taken)
        {
            return await AnswerAsync(claim, cancellationToken);
        }

        var response = await next(command, cancellationToken);
        if (!response.IsError)
        {
            await keys.CompleteAsync(command.Owner, command.Key, Answers<TResponse>.Write(response), cancellationToken);
            return response;
        }

        // Nothing that the handler did before it refused is stored.
        await unitOfWork.RollBackAsync();
        claim = await keys.ClaimAsync(command.Owner, command.Key, cancellationToken);
        if (claim is not IdempotencyClaim.Taken)
        {
            return await AnswerAsync(claim, cancellationToken);
        }

        await keys.CompleteAsync(command.Owner, command.Key, Answers<TResponse>.Write(response), cancellationToken);
        await unitOfWork.CommitAsync(cancellationToken);
        return response;
    }

    private async Task<TResponse> AnswerAsync(IdempotencyClaim claim, CancellationToken cancellationToken)
    {
        if (claim is IdempotencyClaim.Done done)
        {
            // The first answer may have got no further than this server: the second waits for the same standby.
            await unitOfWork.CommitAsync(cancellationToken);
            return Answers<TResponse>.Read(done.Answer);
        }

        return Failures<TResponse>.From(
            [claim is IdempotencyClaim.InProgress ? IdempotencyErrors.InProgress : IdempotencyErrors.OtherRequest]);
    }
}
