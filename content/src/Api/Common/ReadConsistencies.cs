using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Api.Common;

internal static class ReadConsistencies
{
    /// <summary>
    /// Says what the endpoint's reads must see; without it, what the caller has written. docs/consistency.md lists all.
    /// </summary>
    public static TBuilder WithConsistency<TBuilder>(this TBuilder endpoint, Consistency consistency)
        where TBuilder : IEndpointConventionBuilder
    {
        endpoint.Add(builder => builder.Metadata.Add(new ReadConsistency(consistency)));
        return endpoint;
    }

    /// <summary>Tells it to readers of the API's description.</summary>
    public static Task DescribeAsync(
        OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var consistency = context.Description.ActionDescriptor.EndpointMetadata.OfType<ReadConsistency>()
            .LastOrDefault()?.Consistency;
        operation.Extensions ??= new Dictionary<string, IOpenApiExtension>();
        operation.Extensions["x-consistency"] = new JsonNodeExtension(JsonValue.Create($"{consistency ?? Consistency.Session}"));
        return Task.CompletedTask;
    }
}
