namespace Api.Common;

/// <summary>
/// Writes every problem, whatever the request's <c>Accept</c> says: the framework's own writer refuses a browser, and then
/// a refusal has no body. A problem that has no type of ours gets that of its status.
/// </summary>
internal sealed class ProblemWriter : IProblemDetailsWriter
{
    private const string MediaType = "application/problem+json";

    public bool CanWrite(ProblemDetailsContext context) => true;

    public ValueTask WriteAsync(ProblemDetailsContext context)
    {
        var (problem, response) = (context.ProblemDetails, context.HttpContext.Response);
        problem.Status ??= response.StatusCode;
        if (problem.Type?.StartsWith(Problems.TypePrefix, StringComparison.Ordinal) != true)
        {
            var (type, title) = Of(problem.Status.Value);
            (problem.Type, problem.Title) = ($"{Problems.TypePrefix}{type}", title);
        }

        problem.Extensions["traceId"] = System.Diagnostics.Activity.Current?.Id ?? context.HttpContext.TraceIdentifier;
        return response.HasStarted
            ? ValueTask.CompletedTask
            : new(response.WriteAsJsonAsync(problem, options: null, MediaType));
    }

    private static (string Type, string Title) Of(int status) => status switch
    {
        StatusCodes.Status400BadRequest => ("unreadable-request", "The request cannot be read."),
        StatusCodes.Status401Unauthorized => ("unauthenticated", "The request needs a valid bearer token."),
        StatusCodes.Status403Forbidden => ("forbidden", "The token does not allow this request."),
        StatusCodes.Status404NotFound => ("unknown-address", "There is nothing at this address."),
        StatusCodes.Status405MethodNotAllowed =>
            ("method-not-allowed", "The address does not take this method; Allow lists those it takes."),
        StatusCodes.Status408RequestTimeout => ("too-slow", "The body came too slowly."),
        StatusCodes.Status413PayloadTooLarge => ("too-large", "The body is larger than the endpoint takes."),
        StatusCodes.Status415UnsupportedMediaType =>
            ("unsupported-media-type", "The endpoint does not take a body of this media type."),
        < StatusCodes.Status500InternalServerError => ("refused", "The request was refused."),
        _ => ("internal-error", "The service has failed."),
    };
}
