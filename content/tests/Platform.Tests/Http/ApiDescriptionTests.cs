using Microsoft.OpenApi;

namespace Platform.Tests.Http;

/// <summary>The API's description is valid, and says all that a generated client and its reader need.</summary>
public sealed class ApiDescriptionTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private const string Address = "/openapi/v1.json";

    private static readonly string[] Methods = ["get", "post", "put", "delete"];

    private readonly TestService _service = fixture.Service;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_is_valid()
    {
        var read = OpenApiDocument.Parse(await _service.CreateClient().GetStringAsync(Address, Cancellation), "json");

        Assert.Empty(read.Diagnostic!.Errors.Select(error => $"{error.Pointer}: {error.Message}"));
        Assert.Empty(read.Diagnostic.Warnings.Select(warning => $"{warning.Pointer}: {warning.Message}"));
        Assert.Empty(
            read.Document!.Validate(ValidationRuleSet.GetDefaultRuleSet()).Select(error => $"{error.Pointer}: {error.Message}"));
    }

    [Fact]
    public async Task Every_endpoint_is_in_it_once_under_a_name()
    {
        var described = Operations(await GetAsync()).ToArray();
        var names = described.Select(operation => operation.Value.GetProperty("operationId").GetString()!).ToArray();
        Assert.Equal(names.Length, names.Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.All(names, name => Assert.Matches("^[A-Z][A-Za-z]+$", name));

        var paths = described.Select(operation => operation.Name.Split(' ')[1].Split('{')[0]).ToHashSet(StringComparer.Ordinal);
        var missing = KnownEndpoint.Of(_service).Where(endpoint => !endpoint.IsAnonymous && endpoint.Path != "/events/ws")
            .Where(endpoint => !paths.Any(path => endpoint.Path.StartsWith(path, StringComparison.Ordinal)));
        Assert.Empty(missing);
    }

    [Fact]
    public async Task Everything_in_it_has_a_description()
    {
        var document = await GetAsync();
        Assert.Equal(
            typeof(ApiDescriptionTests).Assembly.GetName().Name,
            $"{document.GetProperty("info").GetProperty("title").GetString()}.Platform.Tests");
        var missing = new List<string>();
        foreach (var (name, operation) in Operations(document))
        {
            Check(name, operation, "summary");
            foreach (
                var parameter in operation.TryGetProperty("parameters", out var parameters) ? parameters.EnumerateArray() : [])
            {
                Check($"{name} {parameter.GetProperty("name")}", parameter, "description");
            }
        }

        foreach (var schema in document.GetProperty("components").GetProperty("schemas").EnumerateObject())
        {
            foreach (
                var property in schema.Value.TryGetProperty("properties", out var properties) ? properties.EnumerateObject()
                    : default)
            {
                Check($"{schema.Name}.{property.Name}", property.Value.TryGetProperty("$ref", out var reference)
                    ? Resolve(document, reference) : property.Value, "description");
            }
        }

        Assert.Empty(missing);

        void Check(string what, JsonElement element, string name)
        {
            if (!(element.TryGetProperty(name, out var text) && text.GetString() is { Length: > 3 })
                && !element.TryGetProperty("oneOf", out _) && !element.TryGetProperty("allOf", out _))
            {
                missing.Add(what);
            }
        }
    }

    [Fact]
    public async Task Refusals_limits_and_tokens_are_said_where_they_are()
    {
        var document = await GetAsync();
        foreach (var (name, operation) in Operations(document))
        {
            var statuses = operation.GetProperty("responses").EnumerateObject().Select(response => response.Name).ToHashSet();
            var isAnonymous = name == "get /topology";
            Assert.Superset(new HashSet<string>(isAnonymous ? ["200", "429", "503"] : ["401", "403", "429", "503"]), statuses);
            Assert.Equal(!isAnonymous, operation.TryGetProperty("security", out var security) && security.GetArrayLength() > 0);
            if (operation.TryGetProperty("requestBody", out _))
            {
                Assert.Superset(new HashSet<string>(["400", "413", "415"]), statuses);
            }

            foreach (var limit in (operation.TryGetProperty("parameters", out var parameters) ? parameters.EnumerateArray() : [])
                .Where(parameter => parameter.GetProperty("name").GetString() == "limit"))
            {
                Assert.Equal(
                    (1, 200),
                    (limit.GetProperty("schema").GetProperty("minimum").GetInt32(), limit.GetProperty("schema")
                        .GetProperty("maximum").GetInt32()));
            }
        }

        Assert.False(document.TryGetProperty("security", out _));
    }

    [Fact]
    public async Task What_is_sent_has_its_limits()
    {
        var document = await GetAsync();
        var missing =
            from schema in document.GetProperty("components").GetProperty("schemas").EnumerateObject()
            where schema.Name.EndsWith("Request", StringComparison.Ordinal)
            from property in schema.Value.GetProperty("properties").EnumerateObject()
            let isNumber = property.Value.GetProperty("type").GetString() == "integer"
            where isNumber
                ? !(property.Value.TryGetProperty("minimum", out _) && property.Value.TryGetProperty("maximum", out _))
                : !(property.Value.TryGetProperty("format", out _) || property.Value.TryGetProperty("pattern", out _)
                    || property.Value.TryGetProperty("maxLength", out _))
            select $"{schema.Name}.{property.Name}: {property.Value}";
        Assert.Empty(missing);
    }

    [Fact]
    public async Task No_type_of_the_code_leaks_into_it()
    {
        var names = (await GetAsync()).GetProperty("components").GetProperty("schemas").EnumerateObject()
            .Select(schema => schema.Name).ToArray();
        Assert.NotEmpty(names);
        Assert.DoesNotContain(
            names, name =>
                name is "PipeReader" or "IFormFile" or "JsonElement" or "Timestamp" or "Stream"
                    || name.Contains("SseItem", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_reference_loads_nothing_from_elsewhere()
    {
        using var answer = await _service.CreateClient().GetAsync("/scalar/", Cancellation);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var page = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.DoesNotContain("https://cdn", page, StringComparison.Ordinal);
        Assert.DoesNotContain("https://fonts", page, StringComparison.Ordinal);
        Assert.Contains("\"withDefaultFonts\":false", page, StringComparison.Ordinal);
    }

    private static JsonElement Resolve(JsonElement document, JsonElement reference) =>
        document.GetProperty("components").GetProperty("schemas").GetProperty(reference.GetString()!.Split('/')[^1]);

    private static IEnumerable<(string Name, JsonElement Value)> Operations(JsonElement document) =>
        from path in document.GetProperty("paths").EnumerateObject()
        from operation in path.Value.EnumerateObject()
        where Methods.Contains(operation.Name)
        select ($"{operation.Name} {path.Name}", operation.Value);

    private Task<JsonElement> GetAsync() => _service.CreateClient().GetAsync(Address, HttpStatusCode.OK);
}
