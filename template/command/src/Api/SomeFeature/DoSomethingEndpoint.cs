using Application.SomeFeature;

namespace Api.SomeFeature;

internal sealed record DoSomethingRequest(string Reason);

internal sealed class DoSomethingEndpoint : IEndpointGroup
{
    public static void Map(IEndpointRouteBuilder app) => app.MapPost("/some-feature/do-something", Handle)
        .WithName("DoSomething")
        .WithTags("SomeFeature");

    private static async Task<Results<NoContent, ProblemHttpResult>> Handle(
        DoSomethingRequest request, ISender sender, ClaimsPrincipal user, CancellationToken cancellationToken)
    {
        var result = await sender.Send(new DoSomething(user.UserId(), request.Reason), cancellationToken);
        return result.IsError ? Problems.From(result.Errors) : TypedResults.NoContent();
    }
}
