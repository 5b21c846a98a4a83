using System.IO.Pipelines;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using JsonOptions = Microsoft.AspNetCore.Http.Json.JsonOptions;

namespace Api.Common;

/// <summary>
/// The API's description at <c>/openapi/v1.json</c>, from which clients are generated. Texts come from the comments of the
/// code; what all endpoints share is said here.
/// </summary>
internal static class ApiDescription
{
    private const string Scheme = "bearer";

    private const string Text =
        "Amounts are whole numbers of minor units of their currency: 1050 EUR is ten euros and fifty cents. "
        + "Refusals are problem details (RFC 9457) whose `type` is stable. An answer to a write has a `Sync-Token`; sent "
        + "with a read, the read sees that write. Answers 429 and 503 say in `Retry-After` when to come back.";

    /// <summary>Name of the solution, as assemblies carry it.</summary>
    private static readonly string s_title = typeof(ApiDescription).Assembly.GetName().Name![..^".Api".Length];

    /// <summary>Types that say nothing to a client: their schema stands where they are used.</summary>
    private static readonly Type[] Inline = [typeof(JsonElement), typeof(PipeReader), typeof(SseItem<string>)];

    private static readonly Dictionary<string, string> Parameters = new()
    {
        ["id"] = "The id of it, as the answer that made it says.",
        ["after"] = "The `next` of the page before; left out for the first page.",
        ["limit"] = "Rows of a page.",
        ["handle"] = "A payee's handle.",
        ["status"] = "`running`, `compensating` or `dead`.",
        ["Last-Event-ID"] = "The id of the last event that was seen; left out to begin now.",
    };

    public static void AddApiDescription(this WebApplicationBuilder builder) => builder.Services.AddOpenApi(options =>
    {
        // What generators of clients read best.
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_0;
        options.ShouldInclude = description => description.HttpMethod != HttpMethods.Head;
        options.CreateSchemaReferenceId = type =>
            Inline.Contains(type.Type) ? null : OpenApiOptions.CreateDefaultSchemaReferenceId(type);
        options.AddDocumentTransformer((document, _, _) => Done(() => Describe(document)));
        options.AddOperationTransformer((operation, context, _) => Done(() => Describe(operation, context)));
        options.AddOperationTransformer(ReadConsistencies.DescribeAsync);
        options.AddSchemaTransformer((schema, context, _) => Done(() => Describe(schema, context.JsonTypeInfo.Type)));
    });

    /// <summary>A request as it may be sent, and the answer to it. They are written as the API writes them.</summary>
    public static RouteHandlerBuilder WithExample(
        this RouteHandlerBuilder endpoint, object? request = null, object? answer = null) =>
        endpoint.WithMetadata(new Example(request, answer));

    /// <summary>Every endpoint can refuse, in ways that need not be said at each.</summary>
    public static TBuilder DescribeRefusals<TBuilder>(this TBuilder endpoints)
        where TBuilder : IEndpointConventionBuilder
    {
        endpoints.Finally(endpoint =>
        {
            var hasBody = endpoint.Metadata.OfType<IAcceptsMetadata>().Any();
            var isRead = endpoint.Metadata.OfType<IParameterBindingMetadata>().Any(parameter => parameter.HasTryParse);
            int[] statuses =
            [
                .. hasBody || isRead ? [StatusCodes.Status400BadRequest] : Array.Empty<int>(),
                .. endpoint.Metadata.OfType<IAllowAnonymous>().Any() ? Array.Empty<int>()
                    : [StatusCodes.Status401Unauthorized, StatusCodes.Status403Forbidden],
                .. hasBody ? [StatusCodes.Status413PayloadTooLarge, StatusCodes.Status415UnsupportedMediaType]
                    : Array.Empty<int>(),
                StatusCodes.Status429TooManyRequests,
                StatusCodes.Status503ServiceUnavailable,
            ];
            int[] known = [.. endpoint.Metadata.OfType<IProducesResponseTypeMetadata>().Select(answer => answer.StatusCode)];
            foreach (var status in statuses.Except(known))
            {
                endpoint.Metadata.Add(
                    new ProducesResponseTypeMetadata(status, typeof(ProblemDetails), ["application/problem+json"]));
            }
        });
        return endpoints;
    }

    private static void Describe(OpenApiDocument document)
    {
        (document.Info.Title, document.Info.Description) = (s_title, Text);
        document.AddComponent(Scheme, new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = Scheme,
            BearerFormat = "JWT",
            Description = "A token whose issuer and subject are the user.",
        });

        // A body that is read as it comes is called a form file, whose schema stays when no reference is wanted.
        var bodies =
            from path in document.Paths.Values
            from operation in path.Operations?.Values.AsEnumerable() ?? []
            from body in operation.RequestBody?.Content?.Values.AsEnumerable() ?? []
            select body;
        foreach (var body in bodies.Where(body => body.Schema is OpenApiSchemaReference { Reference.Id: nameof(IFormFile) }))
        {
            body.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" };
        }

        document.Components?.Schemas?.Remove(nameof(IFormFile));
    }

    private static void Describe(OpenApiOperation operation, OpenApiOperationTransformerContext context)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        if (!metadata.OfType<IAllowAnonymous>().Any())
        {
            operation.Security = [new() { [new OpenApiSecuritySchemeReference(Scheme, context.Document)] = [] }];
        }

        foreach (var parameter in (operation.Parameters ?? []).OfType<OpenApiParameter>())
        {
            parameter.Description ??= Parameters.GetValueOrDefault(parameter.Name!);
            if (parameter is { Name: "limit", Schema: OpenApiSchema limit })
            {
                (limit.Minimum, limit.Maximum) = ("1", $"{Page.MaxLimit}");
            }

            if (parameter.Schema is OpenApiSchema time && context.Description.ParameterDescriptions
                .Any(known => known.Name == parameter.Name && known.ParameterDescriptor?.ParameterType == typeof(Timestamp?)))
            {
                time.Format = "date-time";
            }
        }

        if (metadata.OfType<Example>().LastOrDefault() is { } example)
        {
            var json = context.ApplicationServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
            SetExample(operation.RequestBody?.Content?.Values, example.Request, json);
            SetExample(
                operation.Responses?.Where(response => response.Key.StartsWith('2'))
                    .SelectMany(response => response.Value.Content?.Values ?? []),
                example.Answer,
                json);
        }
    }

    private static void SetExample(IEnumerable<OpenApiMediaType>? contents, object? example, JsonSerializerOptions json)
    {
        foreach (var content in example is null ? [] : contents ?? [])
        {
            content.Example = JsonSerializer.SerializeToNode(example, json);
        }
    }

    private static void Describe(OpenApiSchema schema, Type type)
    {
        if (type == typeof(JsonElement))
        {
            schema.Type = JsonSchemaType.Object;
        }
        else if (type == typeof(SseItem<string>))
        {
            (schema.Type, schema.Format, schema.Properties, schema.Required) = (JsonSchemaType.String, "binary", null, null);
        }
        else if (type.IsEnum)
        {
            schema.Type = JsonSchemaType.String;
        }
        else if (type == typeof(ProblemDetails))
        {
            Describe(schema.Properties!);
        }

        // What is sent is read strictly. To an answer, a later release may add.
        schema.AdditionalPropertiesAllowed |= !type.Name.EndsWith("Request", StringComparison.Ordinal);
    }

    private static void Describe(IDictionary<string, IOpenApiSchema> problem)
    {
        problem["type"].Description = "What kind of problem it is, for programs: `urn:problem-type:…`.";
        problem["title"].Description = "The same in words.";
        problem["status"].Description = "The status of the answer.";
        problem["detail"].Description = "What is wrong with this request.";
        problem["instance"].Description = "Not used.";
        problem["traceId"] = new OpenApiSchema
        {
            Type = JsonSchemaType.String,
            Description = "By it the request is found in logs and traces.",
        };
        problem["errors"] = new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Description = "What is wrong with each field of the request.",
            AdditionalProperties = new OpenApiSchema
            {
                Type = JsonSchemaType.Array,
                Items = new OpenApiSchema { Type = JsonSchemaType.String },
            },
        };
    }

    private static Task Done(Action describe)
    {
        describe();
        return Task.CompletedTask;
    }

    private sealed record Example(object? Request, object? Answer);
}
