using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;

namespace Platform.Tests.Http;

/// <summary>Sends requests over real connections and checks that what is refused is refused well.</summary>
internal static partial class RefusalCheck
{
    /// <summary>A service on a port, without limits on how fast a user may send.</summary>
    public static TestService Start(TestDatabases databases, LogRecorder log)
    {
        var service = new TestService(databases, ("RateLimits:Burst", "1000000"), ("RateLimits:PerSecond", "1000000"));
        service.UseKestrel(0);
        service.StartServer();
        service.Services.GetRequiredService<ILoggerFactory>().AddProvider(log);
        return service;
    }

    /// <summary>
    /// Each request has a new connection: the server may close one after a request that it has not read to its end.
    /// </summary>
    public static HttpClient NewClient() => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        PooledConnectionLifetime = TimeSpan.Zero,
        RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8,
    })
    {
        Timeout = TimeSpan.FromSeconds(30),
    };

    public static async Task<DescribedAnswers> DescriptionOfAsync(
        TestService service, HttpClient client, CancellationToken cancellationToken) =>
        new(JsonElement.Parse(
            await client.GetStringAsync(new Uri(service.ClientOptions.BaseAddress, "/openapi/v1.json"), cancellationToken)));

    /// <summary>A token for the subject; that of <c>operator</c> has the role as well.</summary>
    public static string TokenOf(string subject) =>
        TestService.TokenOf(subject == "operator" ? [new("sub", subject), new("role", subject)] : [new("sub", subject)]);

    /// <summary>
    /// What is wrong with the answer when the request must be refused: null for 4xx with problem details in our own words, and
    /// with a status that the API's description has.
    /// </summary>
    public static async Task<string?> FaultOfAsync(
        HttpClient client, HttpRequestMessage request, DescribedAnswers described, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return described.Has(request, (int)response.StatusCode)
                ? await FaultOfAsync(response, cancellationToken)
                : $"{(int)response.StatusCode}, which the description does not have for this address";
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return $"no answer: {exception.Message}";
        }
    }

    private static async Task<string?> FaultOfAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        if (status is < 400 or >= 500)
        {
            return $"{status}";
        }

        if (response.RequestMessage!.Method == HttpMethod.Head)
        {
            return null; // An answer to HEAD has no body.
        }

        var body = await response.Content.ReadAsStringAsync(cancellationToken);
        if (response.Content.Headers.ContentType?.MediaType != "application/problem+json")
        {
            return $"{status} without problem details: {response.Content.Headers.ContentType} '{body}'";
        }

        var problem = JsonElement.Parse(body);
        var type = problem.GetProperty("type").GetString()!;
        return problem.GetProperty("status").GetInt32() != status || problem.GetProperty("title")
            .GetString() is not { Length: > 0 }
            || !type.StartsWith("urn:problem-type:", StringComparison.Ordinal) || ForeignWords().IsMatch(body)
            ? $"{status}: {body}"
            : null;
    }

    /// <summary>Words of .NET, of the framework and of the code.</summary>
    [GeneratedRegex(
        @"   at |Exception|Infrastructure\.|Application\.|System\.|Microsoft|Nullable|DateTimeOffset|Int\d\d|Guid\b|Did you mean|"
        + @"[Ff]ailed to bind|Utf8Json|rfc\d")]
    private static partial Regex ForeignWords();
}
