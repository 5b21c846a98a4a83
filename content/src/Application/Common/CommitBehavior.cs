namespace Application.Common;

/// <summary>
/// Commits after a command's handler, unless it answered with an error: then nothing of it is stored. Runs the handler
/// again when the unit of work says that this may help.
/// </summary>
internal sealed class CommitBehavior<TCommand, TResponse>(IUnitOfWork unitOfWork)
    : IPipelineBehavior<TCommand, TResponse>
    where TCommand : IBaseCommand
    where TResponse : IErrorOr
{
    public async ValueTask<TResponse> Handle(
        TCommand command, MessageHandlerDelegate<TCommand, TResponse> next, CancellationToken cancellationToken)
    {
        // What the unit of work held before cannot be repeated from here.
        var mayRetry = unitOfWork.IsEmpty;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var response = await next(command, cancellationToken);
                if (!response.IsError)
                {
                    await unitOfWork.CommitAsync(cancellationToken);
                }

                return response;
            }
            catch (Exception exception) when (mayRetry)
            {
                if (!await unitOfWork.CanRetryAsync(exception, attempt, cancellationToken))
                {
                    throw;
                }
            }
        }
    }
}
