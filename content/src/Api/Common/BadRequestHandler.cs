using System.Text.Json;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;

namespace Api.Common;

/// <summary>Says what could not be read of a request, without naming the types it would have been read into.</summary>
internal sealed class BadRequestHandler(IProblemDetailsService problems) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(
        HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is not BadHttpRequestException badRequest)
        {
            return false;
        }

        httpContext.Response.StatusCode = badRequest.StatusCode;
        return await problems.TryWriteAsync(new ProblemDetailsContext
        {
            HttpContext = httpContext,
            ProblemDetails = new ProblemDetails
            {
                Type = "urn:problem-type:unreadable-request",
                Title = "The request cannot be read.",
                Status = badRequest.StatusCode,
                Detail = badRequest.InnerException switch
                {
                    JsonException json => $"The body is not the JSON this endpoint takes; the problem is at '{json.Path ?? "$"}'.",
                    _ when HttpMethods.IsPost(httpContext.Request.Method) && httpContext.Request.ContentLength is null or 0 =>
                        "This endpoint takes a body of JSON, and there was none.",
                    _ => badRequest.Message,
                },
            },
        });
    }
}
