namespace Application.Common;

/// <summary>Runs every validator of a message before its handler, and answers with all that is wrong with it.</summary>
internal sealed class ValidationBehavior<TMessage, TResponse>(IEnumerable<IValidator<TMessage>> validators)
    : IPipelineBehavior<TMessage, TResponse>
    where TMessage : IMessage
    where TResponse : IErrorOr
{
    public ValueTask<TResponse> Handle(
        TMessage message, MessageHandlerDelegate<TMessage, TResponse> next, CancellationToken cancellationToken)
    {
        List<Error>? errors = null;
        foreach (var failure in validators.SelectMany(validator => validator.Validate(message).Errors))
        {
            (errors ??= []).Add(FieldErrors.Create(failure.PropertyName, failure.ErrorMessage));
        }

        return errors is null ? next(message, cancellationToken) : new(Failures<TResponse>.From(errors));
    }
}
