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
}
