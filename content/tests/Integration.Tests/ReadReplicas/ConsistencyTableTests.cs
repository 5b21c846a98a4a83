using Microsoft.AspNetCore.Routing;

namespace Integration.Tests.ReadReplicas;

/// <summary>docs/consistency.md says of every endpoint that reads what the code says.</summary>
public sealed class ConsistencyTableTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private static readonly string[] NoReads = ["", "health", "openapi", "scalar"];

    [Fact]
    public async Task The_table_in_the_docs_is_the_one_in_the_code()
    {
        var code = (
            from endpoint in fixture.Service.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints)
                .OfType<RouteEndpoint>()
            let path = $"/{endpoint.RoutePattern.RawText!.Trim('/')}"
            where endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Contains("GET") == true
            where !NoReads.Contains(path.Split('/', '{')[1])
            let consistency = endpoint.Metadata.GetMetadata<ReadConsistency>()?.Consistency ?? Consistency.Session
            select $"| `GET {path}` | {consistency} |").ToHashSet();
        var docs = (await File.ReadAllLinesAsync(
            Path.Combine(SolutionPaths.Solution, "docs", "consistency.md"), TestContext.Current.CancellationToken))
            .Where(line => line.StartsWith("| `GET ", StringComparison.Ordinal))
            .Select(line => string.Join('|', line.Split('|').Take(3)) + "|")
            .ToHashSet();

        Assert.NotEmpty(code);
        Assert.True(code.SetEquals(docs),
            $"Only in the code: {string.Join(' ', code.Except(docs))}. Only in the docs: {string.Join(' ', docs.Except(code))}.");
    }
}
