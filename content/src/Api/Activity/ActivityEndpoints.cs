using System.IO.Pipelines;
using System.Security.Claims;
using Api.Common;
using Application.Activity;
using Application.Common;
using Application.Ingestion;
using Mediator;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Mvc;

namespace Api.Activity;

internal sealed class ActivityEndpoints : IEndpointGroup
{
    public static void Map(IEndpointRouteBuilder app)
    {
        var activity = app.MapGroup("/activity").WithTags("Activity");

        // The body is never held as a whole, so it may be of any size.
        activity.MapPost("/", Ingest).WithSummary("Stores what you did: a JSON object on each line")
            .WithDescription("`{id, kind, createdAt, payload}`. A line whose id is there already is a duplicate, so a body may be sent again.")
            .WithMetadata(new DisableRequestSizeLimitAttribute(), new AcceptsMetadata(["application/x-ndjson"], typeof(string)), new LongLived());
        activity.MapGet("/", List).WithSummary("What you did, newest first")
            .ProducesProblem(StatusCodes.Status400BadRequest);
    }

    private static async Task<Results<Ok<IngestReport>, ProblemHttpResult>> Ingest(
        PipeReader body, ISender sender, ClaimsPrincipal user, CancellationToken cancellationToken)
    {
        var report = await sender.Send(new IngestActivity(user.UserId(), body), cancellationToken);
        return report.IsError ? Problems.From(report.Errors) : TypedResults.Ok(report.Value);
    }

    /// <param name="sender">Of the query.</param>
    /// <param name="user">Who asks.</param>
    /// <param name="cancellationToken">Of the request.</param>
    /// <param name="filter">A JSON object that the payload contains, such as <c>{"page":"home"}</c>.</param>
    /// <param name="since">Not before this time.</param>
    /// <param name="until">Before this time.</param>
    /// <param name="after">What the page before said is next.</param>
    /// <param name="limit">Rows of a page.</param>
    private static async Task<Results<Ok<Page<ActivityView>>, ProblemHttpResult>> List(
        ISender sender, ClaimsPrincipal user, CancellationToken cancellationToken,
        string? filter = null, DateTimeOffset? since = null, DateTimeOffset? until = null, Guid? after = null, int limit = Page.DefaultLimit)
    {
        var page = await sender.Send(new ListActivity(user.UserId(), filter, since, until, after, limit), cancellationToken);
        return page.IsError ? Problems.From(page.Errors) : TypedResults.Ok(page.Value);
    }
}
