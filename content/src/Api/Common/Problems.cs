using System.Text.Json;

namespace Api.Common;

/// <summary>
/// Errors of use cases as problem details (RFC 9457). The type is made of the first error's code and is stable.
/// </summary>
internal static class Problems
{
    public const string TypePrefix = "urn:problem-type:";

    public static ProblemHttpResult From(List<Error> errors)
    {
        var first = errors[0];
        var problem = new ProblemDetails
        {
            Type = TypePrefix
                + JsonNamingPolicy.KebabCaseLower.ConvertName(first.Code.Replace(".", "", StringComparison.Ordinal)),
            Title = first.Type switch
            {
                ErrorType.Validation => "The request is not valid.",
                ErrorType.NotFound => "There is no such thing.",
                ErrorType.Conflict => "The request does not fit the present state.",
                _ => "The request was refused.",
            },
            Status = first.Type switch
            {
                ErrorType.Validation => StatusCodes.Status400BadRequest,
                ErrorType.NotFound => StatusCodes.Status404NotFound,
                ErrorType.Conflict => StatusCodes.Status409Conflict,
                ErrorType.Forbidden => StatusCodes.Status403Forbidden,
                _ => StatusCodes.Status422UnprocessableEntity,
            },
            Detail = first.Description,
        };

        var fields = errors.Where(error => error.FieldName() is not null)
            .GroupBy(error => error.FieldName()!, error => error.Description)
            .ToDictionary(field => field.Key, field => field.ToArray());
        if (fields.Count > 0)
        {
            problem.Extensions["errors"] = fields;
        }

        return TypedResults.Problem(problem);
    }

    /// <summary>Answers with a problem that has a status.</summary>
    public static async Task WriteAsync(HttpContext context, ProblemDetails problem)
    {
        context.Response.StatusCode = problem.Status!.Value;
        await context.RequestServices.GetRequiredService<IProblemDetailsService>()
            .WriteAsync(new() { HttpContext = context, ProblemDetails = problem });
    }

    /// <summary>200 with the value of a use case, or the problem.</summary>
    public static async Task<Results<Ok<T>, ProblemHttpResult>> OkOrProblem<T>(this ValueTask<ErrorOr<T>> sent)
    {
        var result = await sent;
        return result.IsError ? From(result.Errors) : TypedResults.Ok(result.Value);
    }

    /// <summary>201 with the value of a use case and its address, or the problem.</summary>
    public static async Task<Results<Created<T>, ProblemHttpResult>> CreatedOrProblem<T>(
        this ValueTask<ErrorOr<T>> sent, Func<T, string> location)
    {
        var result = await sent;
        return result.IsError ? From(result.Errors) : TypedResults.Created(location(result.Value), result.Value);
    }
}
