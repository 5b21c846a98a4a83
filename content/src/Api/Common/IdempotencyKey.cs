using Application.Idempotency;
using Microsoft.OpenApi;

namespace Api.Common;

/// <summary>
/// What the caller has sent as <c>Idempotency-Key</c>, and the fingerprint of the request. An endpoint that takes one says
/// <see cref="IdempotencyKeys.RequireIdempotencyKey"/>, which lets no request through that has none.
/// </summary>
internal sealed record IdempotencyKey(RequestKey Request)
{
    public const string Header = "Idempotency-Key";
    public const int MaxLength = 255;

    public static ValueTask<IdempotencyKey> BindAsync(HttpContext context)
    {
        var value = context.Request.Headers[Header] is [{ } text] ? text : "";
        return new(new IdempotencyKey(new RequestKey(value, Fingerprint.Of(context.Request))));
    }

    public bool IsValid =>
        Request.Value.Length is > 0 and <= MaxLength && Request.Value.All(character => character is > ' ' and <= '~');
}

internal static class IdempotencyKeys
{
    public static RouteHandlerBuilder RequireIdempotencyKey(this RouteHandlerBuilder endpoint) => endpoint
        .AddEndpointFilter(async (context, next) => context.Arguments.OfType<IdempotencyKey>().Single().IsValid
            ? await next(context)
            : Problems.From([IdempotencyErrors.KeyMissing]))
        .AddOpenApiOperationTransformer((operation, _, _) =>
        {
            Describe(operation);
            return Task.CompletedTask;
        })
        .ProducesProblem(StatusCodes.Status400BadRequest)
        .ProducesProblem(StatusCodes.Status409Conflict)
        .ProducesProblem(StatusCodes.Status422UnprocessableEntity);

    private static void Describe(OpenApiOperation operation)
    {
        operation.Parameters ??= [];
        operation.Parameters.Add(new OpenApiParameter
        {
            Name = IdempotencyKey.Header,
            In = ParameterLocation.Header,
            Required = true,
            Description = "Chosen by you, new for each new request. The same request with the same key is done once and "
                + "answered the same, so send it again when you do not know what became of it.",
            Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = IdempotencyKey.MaxLength },
        });
    }
}
