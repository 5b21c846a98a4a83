namespace Application.SomeFeature;

public sealed record DoSomething(UserId User, string Reason) : ICommand<ErrorOr<Success>>;

internal sealed class DoSomethingValidator : AbstractValidator<DoSomething>
{
    public DoSomethingValidator() => RuleFor(c => c.Reason).NotEmpty().MaximumLength(200);
}

/// <summary>Takes the write ports it needs: loads an aggregate, calls a method of it and answers with its errors, if any.</summary>
internal sealed class DoSomethingHandler : ICommandHandler<DoSomething, ErrorOr<Success>>
{
    // What the write ports have changed is committed after the handler, unless it answers with an error.
    public ValueTask<ErrorOr<Success>> Handle(DoSomething command, CancellationToken cancellationToken) =>
        new(Result.Success);
}
