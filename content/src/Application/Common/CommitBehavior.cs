using ErrorOr;
using Mediator;

namespace Acme.Service.Application.Common;

/// <summary>Commits after a command's handler, unless it answered with an error: then nothing of it is stored.</summary>
internal sealed class CommitBehavior<TCommand, TResponse>(IUnitOfWork unitOfWork)
    : IPipelineBehavior<TCommand, TResponse>
    where TCommand : IBaseCommand
    where TResponse : IErrorOr
{
    public async ValueTask<TResponse> Handle(
        TCommand command, MessageHandlerDelegate<TCommand, TResponse> next, CancellationToken cancellationToken)
    {
        var response = await next(command, cancellationToken);
        if (!response.IsError)
        {
            await unitOfWork.CommitAsync(cancellationToken);
        }

        return response;
    }
}
