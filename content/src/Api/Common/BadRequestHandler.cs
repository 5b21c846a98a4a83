using System.Text.Json;
using System.Text.RegularExpressions;
using Application.Ingestion;
using Microsoft.AspNetCore.Diagnostics;

namespace Api.Common;

/// <summary>Says what could not be read of a request. The framework's message would name our types.</summary>
internal sealed partial class BadRequestHandler : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(
        HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        int? status = exception switch
        {
            BadHttpRequestException badRequest => badRequest.StatusCode,
            BodyStalledException => StatusCodes.Status408RequestTimeout,
            _ => null,
        };
        if (status is not null)
        {
            await Problems.WriteAsync(
                httpContext, new() { Status = status, Detail = DetailOf(exception, httpContext.Request) });
        }

        return status is not null;
    }

    private static string? DetailOf(Exception exception, HttpRequest request) => exception switch
    {
        { InnerException: InvalidDataException } => exception.Message,
        { InnerException: JsonException json } =>
            $"The body is not the JSON that this endpoint takes; the problem is at "
            + $"'{(json.Path is { Length: <= 100 } path ? path : "$")}'.",
        { Message: var message } when Parameter().Match(message) is { Success: true } match =>
            $"The parameter '{match.Groups["name"]}' is not {Expected(match.Groups["type"].Value)}.",
        BadHttpRequestException { StatusCode: StatusCodes.Status400BadRequest } when request.ContentLength is null or 0 =>
            "This endpoint takes a body of JSON, and there was none.",
        _ => null,
    };

    private static string Expected(string type) => type switch
    {
        "Guid" => "a UUID",
        "int" or "long" => "a whole number",
        nameof(Timestamp) =>
            "a time with its offset from UTC, such as 2026-01-05T10:00:00Z; a plus sign in an address is written %2B",
        _ => "readable",
    };

    /// <summary>As in <c>Failed to bind parameter "Nullable&lt;Guid&gt; after" from "x".</c></summary>
    [GeneratedRegex("""parameter "(?:Nullable<)?(?<type>\w+)[>?]* (?<name>\w+)" from""")]
    private static partial Regex Parameter();
}
