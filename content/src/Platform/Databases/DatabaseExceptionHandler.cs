using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace Platform.Databases;

/// <summary>
/// Answers 503 with Retry-After when a database is away, is restarting, has no free connection or is kept busy, and when it
/// is not known that a write will last. Such a request was right, and its time was wrong.
/// </summary>
internal sealed partial class DatabaseExceptionHandler(
    IProblemDetailsService problems, ILogger<DatabaseExceptionHandler> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(
        HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (Of(exception) is not { } problem)
        {
            return false;
        }

        LogUnavailable(exception);
        httpContext.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        httpContext.Response.Headers.RetryAfter = "1";
        return await problems.TryWriteAsync(new ProblemDetailsContext
        {
            HttpContext = httpContext,
            ProblemDetails = problem,
        });
    }

    private static ProblemDetails? Of(Exception exception) => DatabaseErrors.Of(exception) switch
    {
        DatabaseError.NotReplicated => Problem(
            "not-replicated",
            "What you asked for is stored, and no standby has confirmed it.",
            "A failure of the database may still undo it. Send the same request with the same Idempotency-Key, or "
            + "read, to know."),
        DatabaseError.OutcomeUnknown => Problem(
            "outcome-unknown",
            "It is not known yet whether what you asked for is stored.",
            "It may still be. Send the same request with the same Idempotency-Key, or read before you repeat it."),
        DatabaseError.Locked or DatabaseError.TimedOut => Problem(
            "busy", "Others keep what you asked for busy.", "Nothing was stored. Send the request again."),
        _ when DatabaseErrors.IsTransient(exception) => Problem(
            "database-unavailable",
            "The database is not available.",
            "Nothing was lost if the request only read. A write may or may not have been stored: read before you repeat it."),
        _ => null,
    };

    private static ProblemDetails Problem(string type, string title, string detail) => new()
    {
        Type = $"urn:problem-type:{type}",
        Title = title,
        Detail = detail,
        Status = StatusCodes.Status503ServiceUnavailable,
    };

    [LoggerMessage(LogLevel.Warning, "A database is not available.")]
    private partial void LogUnavailable(Exception exception);
}
