using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Api.Common;

/// <summary>Tells readers of the API's description that every operation takes a bearer token.</summary>
internal sealed class BearerSecurity : IOpenApiDocumentTransformer
{
    private const string Scheme = "bearer";

    public Task TransformAsync(
        OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.AddComponent(Scheme, new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = Scheme,
            BearerFormat = "JWT",
        });
        document.Security = [new() { [new OpenApiSecuritySchemeReference(Scheme, document)] = [] }];
        return Task.CompletedTask;
    }
}
