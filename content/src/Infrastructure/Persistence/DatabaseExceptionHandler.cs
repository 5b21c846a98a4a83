using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Infrastructure.Persistence;

/// <summary>
/// Answers 503 with Retry-After when a database is away, is restarting or has no free connection. Such a request was
/// right, and its time was wrong.
/// </summary>
internal sealed partial class DatabaseExceptionHandler(
    IProblemDetailsService problems, ILogger<DatabaseExceptionHandler> logger) : IExceptionHandler
{
    private const int RetryAfterSeconds = 1;

    public async ValueTask<bool> TryHandleAsync(
        HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (!IsTransient(exception))
        {
            return false;
        }

        LogUnavailable(exception);
        httpContext.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        httpContext.Response.Headers.RetryAfter = $"{RetryAfterSeconds}";
        return await problems.TryWriteAsync(new ProblemDetailsContext
        {
            HttpContext = httpContext,
            ProblemDetails = new ProblemDetails
            {
                Type = "urn:problem-type:database-unavailable",
                Title = "The database is not available.",
                Detail = "Nothing was lost if the request only read. A write may or may not have been stored: read before you repeat it.",
                Status = StatusCodes.Status503ServiceUnavailable,
            },
        });
    }

    /// <summary>Whether the same may well succeed at another time, or on another server.</summary>
    public static bool IsTransient(Exception exception) => exception switch
    {
        NpgsqlException { IsTransient: true } => true,
        // No server could give the right answer.
        ReadRefusedException => true,
        // The shard's fence refused it, and went on doing so for as long as a request is tried again.
        PostgresException { SqlState: "MV001" or "TL001" } => true,
        // A pool without a free connection, and a server that does not answer in time.
        NpgsqlException { InnerException: TimeoutException } or TimeoutException => true,
        DbUpdateException or InvalidOperationException => exception.InnerException is { } inner && IsTransient(inner),
        _ => false,
    };

    [LoggerMessage(LogLevel.Warning, "A database is not available.")]
    private partial void LogUnavailable(Exception exception);
}
