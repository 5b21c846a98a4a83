namespace Platform.Tests.Http;

/// <summary>What every endpoint does in the same way: HEAD, CORS, caching.</summary>
public sealed partial class HttpContractTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private const string Origin = "https://app.example.com";

    private readonly TestService _service = fixture.Service;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task HEAD_is_answered_as_GET_without_a_body()
    {
        await using var service = StartKestrel();
        var endpoints = KnownEndpoint.Of(service)
            .Where(endpoint => endpoint.Method == "GET" && endpoint.Path is not "/events" and not "/events/ws").ToArray();
        Assert.NotEmpty(endpoints);
        using var client = service.ClientOf(TestService.NewSubject());
        foreach (var endpoint in endpoints)
        {
            using var get = await client.GetAsync(endpoint.Path, Cancellation);
            using var head = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, endpoint.Path), Cancellation);
            Assert.True(get.StatusCode == head.StatusCode, $"{endpoint.Path}: {get.StatusCode}, {head.StatusCode}");
            Assert.Empty(await head.Content.ReadAsByteArrayAsync(Cancellation));
            Assert.Equal(get.Content.Headers.ContentType, head.Content.Headers.ContentType);
        }
    }

    [Fact]
    public async Task Answers_are_not_kept_by_caches()
    {
        using var client = _service.ClientOf(TestService.NewSubject());
        foreach (
            var endpoint in KnownEndpoint.Of(_service)
                .Where(endpoint => !endpoint.IsAnonymous && !endpoint.Path.StartsWith("/events", StringComparison.Ordinal)))
        {
            using var answer = await client.SendAsync(
                new HttpRequestMessage(new HttpMethod(endpoint.Method), endpoint.Path), Cancellation);
            Assert.True(answer.Headers.CacheControl?.NoStore, $"{endpoint.Path}: {answer.Headers.CacheControl}");
        }
    }

    [Fact]
    public async Task A_browser_of_a_configured_origin_may_call_the_API()
    {
        await using var service = new TestService(_service.Databases, ("Cors:Origins:0", Origin));
        using var client = service.CreateClient();

        using var allowed = await client.SendAsync(Preflight(Origin), Cancellation);
        Assert.Equal(HttpStatusCode.NoContent, allowed.StatusCode);
        Assert.Equal(Origin, Assert.Single(allowed.Headers.GetValues("Access-Control-Allow-Origin")));
        Assert.Contains(
            "Idempotency-Key", Assert.Single(allowed.Headers.GetValues("Access-Control-Allow-Headers")),
            StringComparison.OrdinalIgnoreCase);
        Assert.Contains(
            "POST", Assert.Single(allowed.Headers.GetValues("Access-Control-Allow-Methods")), StringComparison.Ordinal);

        using var other = await client.SendAsync(Preflight("https://elsewhere.example.com"), Cancellation);
        Assert.False(other.Headers.Contains("Access-Control-Allow-Origin"));

        // A refusal too can be read by the page that gets it.
        using var request = new HttpRequestMessage(HttpMethod.Get, "/anything");
        request.Headers.Add("Origin", Origin);
        using var refused = await client.SendAsync(request, Cancellation);
        await HttpAssert.ProblemAsync(refused, HttpStatusCode.Unauthorized);
        Assert.Equal(Origin, Assert.Single(refused.Headers.GetValues("Access-Control-Allow-Origin")));
        Assert.Contains(
            "Sync-Token", Assert.Single(refused.Headers.GetValues("Access-Control-Expose-Headers")), StringComparison.Ordinal);
    }

    /// <summary>UTF-8 may be said in any legal way.</summary>
    [Theory]
    [InlineData("; charset=utf-8")]
    [InlineData(";charset=UTF-8")]
    [InlineData("; charset=\"utf-8\"")]
    [InlineData("; profile=\"a;b\"; charset=Utf-8")]
    public async Task What_the_description_shows_is_taken_with_every_legal_media_type(string parameters)
    {
        using var client = RefusalCheck.NewClient();
        await using var service = StartKestrel();
        var examples = (await RequestExamples.OfAsync(service, client, Cancellation)).Requests;
        Assert.Equal(
            KnownEndpoint.Of(service).Where(endpoint => endpoint.MediaTypes.Count > 0).Select(endpoint => endpoint.Path).Order(),
            examples.Select(example => example.Name).Order());
        foreach (var example in examples)
        {
            using var request = (example with { MediaType = example.MediaType + parameters })
                .ToRequest(service.ClientOptions.BaseAddress, RefusalCheck.TokenOf);
            request.Headers.Add("Idempotency-Key", $"{Guid.NewGuid()}");
            using var answer = await client.SendAsync(request, Cancellation);

            // A payee of the name in an example is not there.
            Assert.True(answer.IsSuccessStatusCode || answer.StatusCode == HttpStatusCode.NotFound, $"{example}: {answer}");
        }
    }

    [Fact]
    public async Task Without_a_configured_origin_no_browser_may()
    {
        using var answer = await _service.CreateClient().SendAsync(Preflight(Origin), Cancellation);
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task In_development_the_root_leads_to_the_API_reference()
    {
        using var client = _service.CreateDefaultClient();
        using var answer = await client.GetAsync("/", Cancellation);
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Equal("/scalar", $"{answer.Headers.Location}");
    }

    private static HttpRequestMessage Preflight(string origin)
    {
        var request = new HttpRequestMessage(HttpMethod.Options, "/anything");
        request.Headers.Add("Origin", origin);
        request.Headers.Add("Access-Control-Request-Method", "POST");
        request.Headers.Add("Access-Control-Request-Headers", "authorization,content-type,idempotency-key");
        return request;
    }

    private TestService StartKestrel()
    {
        var service = new TestService(_service.Databases);
        service.UseKestrel(0);
        service.StartServer();
        return service;
    }
}
