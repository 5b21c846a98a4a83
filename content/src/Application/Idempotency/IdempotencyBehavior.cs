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
        try
        {
            await keys.ClaimAsync(command.Owner, command.Key, cancellationToken);
            var response = await next(command, cancellationToken);
            if (response.IsError)
            {
                // Nothing that the handler did before it refused is stored.
                await unitOfWork.RollBackAsync();
                await keys.ClaimAsync(command.Owner, command.Key, cancellationToken);
            }

            await keys.CompleteAsync(command.Owner, command.Key, Answers<TResponse>.Write(response), cancellationToken);
            await unitOfWork.CommitAsync(cancellationToken);
            return response;
        }
        catch (Exception exception) when (keys.SaysInUse(exception))
        {
            await unitOfWork.RollBackAsync();
            return await AnswerAsync(command, cancellationToken);
        }
    }

    private async Task<TResponse> AnswerAsync(TCommand command, CancellationToken cancellationToken)
    {
        var stored = await keys.FindAsync(command.Owner, command.Key, cancellationToken);
        if (stored is not null && command.Key.IsSameRequest(stored.Fingerprint))
        {
            // The first answer may have got no further than this server: the second waits for the same standby.
            await unitOfWork.CommitAsync(cancellationToken);
            return Answers<TResponse>.Read(stored.Answer);
        }

        return Failures<TResponse>.From([stored is null ? IdempotencyErrors.InProgress : IdempotencyErrors.OtherRequest]);
    }
}
