using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Spectre.Console;

namespace Colonnade.Dev.Demo;

/// <summary>Something the demo says was not so.</summary>
public sealed class DemoFailedException(string message) : Exception(message);

/// <param name="ServedBy">The answer's <c>Server-Timing</c> header: which server it was read from.</param>
/// <param name="SyncToken">What a read must be sent with to see this write; empty for an answer to a read.</param>
internal sealed record Answer(int Status, JsonElement Body, string ContentType, string ServedBy, string SyncToken);

/// <summary>What the walk's parts work with: the running service, its users, and a way to tell and to check.</summary>
internal sealed class Walk(RunningService service, TokenIssuer tokens, IAnsiConsole console, CancellationToken cancellationToken) : IDisposable
{
    private const string SyncToken = "Sync-Token";

    public HttpClient Http { get; } = new() { BaseAddress = service.State.Api, Timeout = TimeSpan.FromSeconds(30) };

    public RunningService Service => service;

    public CancellationToken Cancelled => cancellationToken;

    public void Title(string text) => console.MarkupLineInterpolated($"\n[bold]{text}[/]");

    public void Say(string text) => console.MarkupLineInterpolated($"  {text}");

    /// <summary>Fails the demo unless <paramref name="holds"/>.</summary>
    public static void Check(bool holds, string orElse)
    {
        if (!holds)
        {
            throw new DemoFailedException(orElse);
        }
    }

    /// <summary>Sends a request, says what came back and fails the demo unless it has the <paramref name="expected"/> status.</summary>
    /// <param name="user">Whose token to send; nobody's if null.</param>
    /// <param name="key">The Idempotency-Key; a new one if null.</param>
    /// <param name="syncToken">The Sync-Token; none if null.</param>
    /// <param name="isQuiet">Says nothing, for what is done many times.</param>
    public async Task<Answer> SendAsync(
        HttpMethod method, string path, string? user, object? body, int expected, string? key = null, string? syncToken = null, bool isQuiet = false)
    {
        using var request = Request(method, path, user);
        if (syncToken is not null)
        {
            request.Headers.Add(SyncToken, syncToken);
        }

        if (method == HttpMethod.Post)
        {
            request.Headers.Add("Idempotency-Key", key ?? $"{Guid.NewGuid()}");
        }

        if (body is not null)
        {
            request.Content = body as HttpContent ?? JsonContent.Create(body);
        }

        using var response = await Http.SendAsync(request, cancellationToken);
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        var status = (int)response.StatusCode;
        var servedBy = response.Headers.TryGetValues("Server-Timing", out var values) ? string.Join(", ", values) : "";
        if (!isQuiet)
        {
            Say($"{method} {path} as {user ?? "nobody"}: {status}{(servedBy.Length == 0 ? "" : $"   Server-Timing: {servedBy}")}");
        }

        Check(status == expected, $"{method} {path} answered {status} and not {expected}: {text}");
        var isJson = response.Content.Headers.ContentType?.MediaType?.EndsWith("json", StringComparison.Ordinal) == true;
        return new Answer(
            status,
            isJson ? JsonSerializer.Deserialize<JsonElement>(text) : default,
            response.Content.Headers.ContentType?.MediaType ?? "",
            servedBy,
            response.Headers.TryGetValues(SyncToken, out var written) ? string.Join(",", written) : "");
    }

    /// <summary>A request with the user's token, or with nobody's.</summary>
    public HttpRequestMessage Request(HttpMethod method, string path, string? user)
    {
        var request = new HttpRequestMessage(method, path);
        if (user is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", tokens.TokenFor(user));
        }

        return request;
    }

    public Task<Answer> GetAsync(string path, string? user, int expected = 200) => SendAsync(HttpMethod.Get, path, user, null, expected);

    public Task<Answer> PostAsync(string path, string user, object body, int expected, string? key = null) =>
        SendAsync(HttpMethod.Post, path, user, body, expected, key);

    public void Dispose() => Http.Dispose();
}
