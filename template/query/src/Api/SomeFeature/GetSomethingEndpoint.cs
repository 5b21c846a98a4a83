using Application.SomeFeature;

namespace Api.SomeFeature;

internal sealed class GetSomethingEndpoint : IEndpointGroup
{
    public static void Map(IEndpointRouteBuilder app) => app.MapGet("/some-feature/get-something", Handle)
        .WithName("GetSomething")
        .WithTags("SomeFeature");

    private static Task<Results<Ok<GetSomethingView>, ProblemHttpResult>> Handle(
        ISender sender, ClaimsPrincipal user, CancellationToken cancellationToken, int limit = Page.DefaultLimit) =>
        sender.Send(new GetSomething(user.UserId(), limit), cancellationToken).OkOrProblem();
}
