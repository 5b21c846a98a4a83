using System.Security.Cryptography;
using System.Text.Json;
using Application.Common;
using ErrorOr;
using Mediator;

namespace Application.Idempotency;

/// <summary>
/// Answers a command that was done before with what it was answered then. The key is stored in the command's own unit of
/// work: both are there, or neither. A command that is refused stores nothing, so its key can be used again.
/// </summary>
internal sealed class IdempotencyBehavior<TCommand, TResponse>(IIdempotencyKeys keys)
    : IPipelineBehavior<TCommand, TResponse>
    where TCommand : IIdempotentCommand
    where TResponse : IErrorOr
{
    public async ValueTask<TResponse> Handle(
        TCommand command, MessageHandlerDelegate<TCommand, TResponse> next, CancellationToken cancellationToken)
    {
        var claim = await keys.ClaimAsync(command.Owner, command.IdempotencyKey, HashOf(command), cancellationToken);
        switch (claim)
        {
            case IdempotencyClaim.InProgress:
                return Failures<TResponse>.From([IdempotencyErrors.InProgress]);
            case IdempotencyClaim.OtherRequest:
                return Failures<TResponse>.From([IdempotencyErrors.OtherRequest]);
            case IdempotencyClaim.Done done:
                return Answers<TResponse>.Read(done.Answer);
        }

        var response = await next(command, cancellationToken);
        if (!response.IsError)
        {
            await keys.CompleteAsync(command.Owner, command.IdempotencyKey, Answers<TResponse>.Write(response), cancellationToken);
        }

        return response;
    }

    /// <summary>Of the command's values; two with the same hash ask for the same.</summary>
    private static byte[] HashOf(TCommand command)
    {
        var request = JsonSerializer.SerializeToNode(command)!.AsObject();
        request.Remove(nameof(IIdempotentCommand.IdempotencyKey));
        return SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(request));
    }
}
