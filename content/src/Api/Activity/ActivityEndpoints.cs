using System.ComponentModel;
using System.IO.Pipelines;
using Application.Activity;
using Application.Ingestion;

namespace Api.Activity;

internal sealed class ActivityEndpoints : IEndpointGroup
{
    private const long MaxDecompressed = 64 * 1024 * 1024;

    private const string Line =
        """{"id":"0b9f0d6c-9d0e-4a53-8f1e-000000000001","kind":"click","createdAt":"2026-01-05T10:00:00Z","payload":{"page":"home"}}""";

    public static void Map(IEndpointRouteBuilder app)
    {
        var activity = app.MapGroup("/activity").WithTags("Activity");

        // The body is never held as a whole, so it may be of any size.
        activity.MapPost("/", Ingest).WithName("IngestActivity").WithSummary("Stores what you did: a JSON object on each line")
            .WithDescription(
                "Lines of `{id, kind, createdAt, payload}`; `createdAt` has an offset. A line whose id is there already is a "
                + "duplicate, so a body may be sent again. A line that cannot be stored is told by its number, and the others "
                + "are stored. "
                + $"A line has at most {StorableJson.MaxLength} bytes and {StorableJson.MaxDepth} levels; the body may be "
                + "compressed by gzip.")
            .WithMetadata(new DisableRequestSizeLimitAttribute(), new GzipLimit(MaxDecompressed))
            .Accepts<string>("application/x-ndjson")
            .WithExample(Line, new IngestReport(1, 0, 0, []))
            .ProducesProblem(StatusCodes.Status408RequestTimeout)
            .WithMetadata(LongLived.Upload);
        activity.MapGet("/", List).WithName("ListActivity").WithSummary("What you did, newest first");
    }

    private static Task<Results<Ok<IngestReport>, ProblemHttpResult>> Ingest(
        PipeReader body, ISender sender, ClaimsPrincipal user, CancellationToken cancellationToken) =>
        sender.Send(new IngestActivity(user.UserId(), body), cancellationToken).OkOrProblem();

    private static Task<Results<Ok<ActivityPage>, ProblemHttpResult>> List(
        ISender sender,
        ClaimsPrincipal user,
        CancellationToken cancellationToken,
        [Description("A JSON object that the payload contains, such as {\"page\":\"home\"}.")] string? filter = null,
        [Description("Not before this time.")] Timestamp? since = null,
        [Description("Before this time.")] Timestamp? until = null,
        string? after = null,
        int limit = Page.DefaultLimit) =>
        sender.Send(new ListActivity(user.UserId(), filter, since, until, after, limit), cancellationToken).OkOrProblem();
}
