namespace Application.SomeFeature;

public sealed record GetSomething(UserId User, int Limit) : IQuery<ErrorOr<GetSomethingView>>;

public sealed record GetSomethingView(Guid User, int Limit);

internal sealed class GetSomethingValidator : AbstractValidator<GetSomething>
{
    public GetSomethingValidator() => RuleFor(q => q.Limit).IsPageLimit();
}

/// <summary>Takes the read ports it needs (<see cref="IReadPort"/>), and never a write port.</summary>
internal sealed class GetSomethingHandler : IQueryHandler<GetSomething, ErrorOr<GetSomethingView>>
{
    public ValueTask<ErrorOr<GetSomethingView>> Handle(GetSomething query, CancellationToken cancellationToken) =>
        new(new GetSomethingView(query.User.Value, query.Limit));
}
