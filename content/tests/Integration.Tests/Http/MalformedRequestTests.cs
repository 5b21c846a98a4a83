using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using CsCheck;
using Integration.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Integration.Tests.Http;

/// <summary>
/// Every malformed request to every endpoint, over real connections: refused with 4xx and problem details in our own
/// words, and nothing is logged as an error.
/// </summary>
public sealed partial class MalformedRequestTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    /// <summary>What the client says it takes changes nothing: refusals are problem details.</summary>
    private static readonly string?[] Accepts = [null, "text/html", "text/event-stream", "*/*", "application/json", "garbage",
        "image/png;q=0"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Malformed_requests_are_refused_with_problem_details()
    {
        using var log = new LogRecorder();
        await using var service = Start(log);
        var endpoints = KnownEndpoint.Of(service);
        MalformedRequest[] requests = [.. EndpointRequests.For(endpoints), .. OfFeatures()];
        Assert.True(requests.Length >= 10 * endpoints.Count, $"{requests.Length} requests for {endpoints.Count} endpoints.");

        var wrong = await SendAsync(service, requests);

        TestContext.Current.TestOutputHelper?.WriteLine($"{requests.Length} requests to {endpoints.Count} endpoints.");
        Assert.True(
            wrong.IsEmpty, $"{wrong.Count} of {requests.Length}:\n{string.Join('\n', wrong.Order(StringComparer.Ordinal))}");
        Assert.Empty(log.Errors);
    }

    /// <summary>Requests of the table with parts of others and random bytes in them. <c>MALFORMED_REQUESTS</c> says how
    /// many.</summary>
    [Fact]
    public async Task Random_requests_are_never_a_failure()
    {
        var count = int.Parse(Environment.GetEnvironmentVariable("MALFORMED_REQUESTS") ?? "300", CultureInfo.InvariantCulture);
        using var log = new LogRecorder();
        await using var service = Start(log);
        MalformedRequest[] requests = [.. EndpointRequests.For(KnownEndpoint.Of(service)), .. OfFeatures()];
        using var client = NewClient();
        var any = Gen.Int[0, requests.Length - 1].Select(index => requests[index]);

        await Gen.Select(any, any, Gen.Byte.Array[0, 6], Gen.Int[0, 200], Gen.Bool, Gen.Bool).SampleAsync(
            async (request, other, noise, position, hasOtherBody, hasOtherHeaders) =>
            {
                var body = (hasOtherBody ? other.Body : request.Body) ?? [];
                var place = Math.Min(position, body.Length);
                var mixed = request with
                {
                    Path = $"{request.Path}{(request.Path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{Uri.EscapeDataString(Encoding.Latin1.GetString(noise))}",
                    Headers = hasOtherHeaders ? other.Headers : request.Headers,
                    Body = [.. body[..place], .. noise, .. body[place..]],
                    MediaType = hasOtherHeaders ? other.MediaType : request.MediaType,
                };
                using var message = mixed.ToRequest(service.ClientOptions.BaseAddress, TokenOf);
                var fault = await FaultOfAsync(client, message, Cancellation);
                Assert.True(fault is null or { Length: 3 } and ['2' or '3', ..], $"{mixed}: {fault}");
            },
            iter: count,
            threads: 1);

        Assert.Empty(log.Errors);
    }

    private static IEnumerable<MalformedRequest> OfFeatures() =>
        from type in typeof(IMalformedRequests).Assembly.GetTypes()
        where type.IsAssignableTo(typeof(IMalformedRequests)) && type.IsClass
        from request in ((IMalformedRequests)Activator.CreateInstance(type)!).All
        select request;

    private TestService Start(LogRecorder log)
    {
        var service = new TestService(
            fixture.Service.Databases, ("RateLimits:Burst", "1000000"), ("RateLimits:PerSecond", "1000000"));
        service.UseKestrel(0);
        service.StartServer();
        service.Services.GetRequiredService<ILoggerFactory>().AddProvider(log);
        return service;
    }

    /// <summary>Each request has a new connection: the server may close one after a request that it has not read to its end.</summary>
    private static HttpClient NewClient() => new(new SocketsHttpHandler
    {
        PooledConnectionLifetime = TimeSpan.Zero,
        RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8,
    })
    {
        Timeout = TimeSpan.FromSeconds(30),
    };

    private static async Task<ConcurrentBag<string>> SendAsync(TestService service, IReadOnlyList<MalformedRequest> requests)
    {
        using var client = NewClient();
        var wrong = new ConcurrentBag<string>();
        await Parallel.ForEachAsync(
            requests.Index(),
            new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = Cancellation },
            async (item, cancellationToken) =>
            {
                using var request = item.Item.ToRequest(service.ClientOptions.BaseAddress, TokenOf);
                var accept = Accepts[item.Index % Accepts.Length];
                if (accept is not null)
                {
                    request.Headers.TryAddWithoutValidation("Accept", accept);
                }

                if (await FaultOfAsync(client, request, cancellationToken) is { } fault)
                {
                    wrong.Add($"{item.Item}, Accept {accept}: {fault}");
                }
            });
        return wrong;
    }

    private static string TokenOf(string subject) =>
        TestService.TokenOf(subject == "operator" ? [new("sub", subject), new("role", subject)] : [new("sub", subject)]);

    private static async Task<string?> FaultOfAsync(
        HttpClient client, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return await FaultOfAsync(response, cancellationToken);
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
        @"   at |Exception|Infrastructure\.|Application\.|System\.|Microsoft|Nullable|DateTimeOffset|Int\d\d|Guid\b|Did you mean|[Ff]ailed to bind|Utf8Json|rfc\d")]
    private static partial Regex ForeignWords();
}
