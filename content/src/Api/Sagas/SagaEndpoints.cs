using Application.Sagas;

namespace Api.Sagas;

internal sealed class SagaEndpoints : IEndpointGroup
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var sagas = app.MapGroup("/operations/sagas").WithTags("Operations").RequireOperator()
            .WithConsistency(Consistency.Strong);
        sagas.MapGet("/", List).WithName("ListSagas")
            .WithSummary("Runs of all users that are dead, running or compensating, newest first")
            .WithDescription(
                "`partial` is true when a shard did not answer; `missing` names it, and the next page asks it again.");
        sagas.MapPost("/{id:guid}/redrive", Redrive).WithName("RedriveSaga")
            .WithSummary("Sends a dead run on from where it is")
            .ProducesProblem(StatusCodes.Status404NotFound);
        sagas.MapPost("/{id:guid}/compensate", Compensate).WithName("CompensateSaga")
            .WithSummary("Has a run undone that is dead or fails again and again")
            .WithDescription("Accepted, and no more: a run that has passed a step which cannot be undone goes on forward.")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static Task<Results<Ok<SagaPage>, ProblemHttpResult>> List(
        ISender sender, CancellationToken cancellationToken,
        string status = "dead", string? after = null, int limit = Page.DefaultLimit)
    {
        // By its name alone: TryParse takes numbers and lists as well.
        var wanted = Enum.GetValues<SagaStatus>()
            .SingleOrDefault(value => status.Equals($"{value}", StringComparison.OrdinalIgnoreCase));
        return sender.Send(new ListSagas(wanted, after, limit), cancellationToken).OkOrProblem();
    }

    private static Task<Results<Accepted, ProblemHttpResult>> Redrive(
        Guid id, ISender sender, CancellationToken cancellationToken) =>
        SendAsync(new RedriveSaga(id, Compensate: false), sender, cancellationToken);

    private static Task<Results<Accepted, ProblemHttpResult>> Compensate(
        Guid id, ISender sender, CancellationToken cancellationToken) =>
        SendAsync(new RedriveSaga(id, Compensate: true), sender, cancellationToken);

    private static async Task<Results<Accepted, ProblemHttpResult>> SendAsync(
        RedriveSaga command, ISender sender, CancellationToken cancellationToken)
    {
        var redriven = await sender.Send(command, cancellationToken);
        return redriven.IsError ? Problems.From(redriven.Errors) : TypedResults.Accepted((string?)null);
    }
}
