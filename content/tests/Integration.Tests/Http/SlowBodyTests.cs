using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Integration.Tests.Fixtures;

namespace Integration.Tests.Http;

/// <summary>Requests whose bodies come slowly, over real connections.</summary>
public sealed class SlowBodyTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    /// <summary>No endpoint is there; whoever comes has to take a turn to be told.</summary>
    private const string Path = "/nothing";

    private const string Body = """{"number":1}""";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Slow_bodies_hold_up_nobody_else()
    {
        await using var service = Start(("RateLimits:Writes", "4"), ("RateLimits:Queue", "4"));
        var slow = new List<SlowRequest>();
        for (var i = 0; i < 200; i++)
        {
            // Of a few users: each may have so many at once.
            slow.Add(await SlowRequest.SendAsync(service, $"slow-{i % 4}"));
        }

        var waited = Stopwatch.StartNew();
        using var answer = await service.ClientOf(TestService.NewSubject()).PostAsync(
            Path, new StringContent(Body, Encoding.UTF8, "application/json"), Cancellation);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.True(waited.Elapsed < TimeSpan.FromSeconds(1), $"{waited.ElapsedMilliseconds} ms");
        slow.ForEach(request => request.Dispose());
    }

    [Fact]
    public async Task A_user_has_so_many_requests_at_once()
    {
        await using var service = Start(("RateLimits:AtOncePerUser", "3"));
        var subject = TestService.NewSubject();
        // The first answer takes a second or more, and the server waits for a body for 5 s.
        using var client = service.ClientOf(subject);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(Path, Cancellation)).StatusCode);
        var slow = new List<SlowRequest>();
        for (var i = 0; i < 3; i++)
        {
            slow.Add(await SlowRequest.SendAsync(service, subject));
        }

        await Eventually.TrueAsync(async () =>
            (await client.GetAsync(Path, Cancellation)).StatusCode == HttpStatusCode.TooManyRequests);

        slow.ForEach(request => request.Dispose());
        await Eventually.TrueAsync(async () =>
            (await client.GetAsync(Path, Cancellation)).StatusCode == HttpStatusCode.NotFound);
    }

    private TestService Start(params IEnumerable<(string, string)> settings)
    {
        var service = new TestService(fixture.Service.Databases, settings);
        service.UseKestrel(0);
        service.StartServer();
        return service;
    }

    /// <summary>Sends the head and the first byte of a body, and then no more.</summary>
    private sealed class SlowRequest : IDisposable
    {
        private readonly TcpClient _connection = new();

        public static async Task<SlowRequest> SendAsync(TestService service, string subject)
        {
            using var client = service.ClientOf(subject);
            var address = client.BaseAddress!;
            var request = new SlowRequest();
            await request._connection.ConnectAsync(address.Host, address.Port, Cancellation);
            var head = $"POST {Path} HTTP/1.1\r\nHost: {address.Authority}\r\n"
                + $"Authorization: Bearer {TestService.TokenFor(subject)}\r\n"
                + $"Content-Type: application/json\r\nContent-Length: {Body.Length}\r\n\r\n{{";
            await request._connection.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head), Cancellation);
            return request;
        }

        public void Dispose() => _connection.Dispose();
    }
}
