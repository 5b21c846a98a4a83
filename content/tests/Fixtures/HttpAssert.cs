namespace Fixtures;

internal static class HttpAssert
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<JsonElement> JsonAsync(HttpResponseMessage response, HttpStatusCode status)
    {
        var body = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True(status == response.StatusCode, $"{(int)response.StatusCode} instead of {(int)status}: {body}");
        return JsonElement.Parse(body);
    }

    /// <summary>Problem details (RFC 9457) with that status, and nothing in them of how the service is made.</summary>
    public static async Task<JsonElement> ProblemAsync(HttpResponseMessage response, HttpStatusCode status)
    {
        var problem = await JsonAsync(response, status);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal((int)status, problem.GetProperty("status").GetInt32());
        Assert.NotEmpty(problem.GetProperty("type").GetString()!);
        Assert.NotEmpty(problem.GetProperty("title").GetString()!);
        var text = problem.GetRawText();
        Assert.DoesNotContain("   at ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", text, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"\b(Api|Application|Domain|Infrastructure)\.[A-Z]", text);
        return problem;
    }

    /// <summary>Problem details of that type, without its prefix.</summary>
    public static async Task<JsonElement> ProblemAsync(HttpResponseMessage response, HttpStatusCode status, string type)
    {
        var problem = await ProblemAsync(response, status);
        Assert.Equal($"urn:problem-type:{type}", problem.GetProperty("type").GetString());
        return problem;
    }

    public static async Task<JsonElement> GetAsync(this HttpClient client, string path, HttpStatusCode status) =>
        await JsonAsync(await client.GetAsync(path, Cancellation), status);

    public static async Task<JsonElement> PostAsync(this HttpClient client, string path, object body, HttpStatusCode status) =>
        await JsonAsync(await client.PostAsJsonAsync(path, body, Cancellation), status);

    /// <summary>Sends with headers; one without a value is left out.</summary>
    public static Task<HttpResponseMessage> SendAsync(
        this HttpClient client, HttpMethod method, string path, object? body, params (string Name, string? Value)[] headers)
    {
        var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        foreach (var (name, value) in headers.Where(header => header.Value is not null))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return client.SendAsync(request, Cancellation);
    }

    public static string SyncToken(this HttpResponseMessage response) =>
        Assert.Single(response.Headers.GetValues("Sync-Token"));

    public static string ServerTiming(this HttpResponseMessage response) =>
        Assert.Single(response.Headers.GetValues("Server-Timing"));
}
