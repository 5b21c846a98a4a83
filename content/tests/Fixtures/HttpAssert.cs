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

    public static async Task<JsonElement> GetAsync(this HttpClient client, string path, HttpStatusCode status) =>
        await JsonAsync(await client.GetAsync(path, Cancellation), status);

    public static async Task<JsonElement> PostAsync(this HttpClient client, string path, object body, HttpStatusCode status) =>
        await JsonAsync(await client.PostAsJsonAsync(path, body, Cancellation), status);

    public static string ServerTiming(this HttpResponseMessage response) =>
        Assert.Single(response.Headers.GetValues("Server-Timing"));
}
