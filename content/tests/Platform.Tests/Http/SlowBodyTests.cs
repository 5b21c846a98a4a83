using System.IO.Pipelines;

namespace Platform.Tests.Http;

/// <summary>Requests of which the server has the head and the beginning of the body, and no more for now.</summary>
[Collection(nameof(Timed))]
public sealed class SlowBodyTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    /// <summary>Has no endpoint; the answer 404 takes a turn.</summary>
    private const string Path = "/nothing";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Slow_bodies_hold_up_nobody_else()
    {
        await using var service = new TestService(
            fixture.Service.Databases, ("RateLimits:Writes", "4"), ("RateLimits:Queue", "4"));
        using var client = service.ClientOf(TestService.NewSubject());
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(Path, Cancellation)).StatusCode);
        // Of a few users: each may have so many at once.
        var slow = Enumerable.Range(0, 200).Select(n => new SlowRequest(service, $"slow-{n % 4}")).ToArray();

        var waited = Stopwatch.StartNew();
        using var body = new StringContent("{}", Encoding.UTF8, "application/json");
        using var answer = await client.PostAsync(Path, body, Cancellation);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.True(waited.Elapsed < TimeSpan.FromSeconds(1), $"{waited.ElapsedMilliseconds} ms");
        Assert.All(slow, request => Assert.False(request.Answer.IsCompleted));
        await Task.WhenAll(slow.Select(request => request.EndAsync()));
    }

    [Fact]
    public async Task A_user_has_so_many_requests_at_once()
    {
        await using var service = new TestService(fixture.Service.Databases, ("RateLimits:AtOncePerUser", "3"));
        var subject = TestService.NewSubject();
        using var client = service.ClientOf(subject);
        var sent = Enumerable.Range(0, 4).Select(_ => new SlowRequest(service, subject)).ToList();

        // One of the four is refused, which the server chooses, and then the other three have been taken.
        var refused = await Task.WhenAny(sent.Select(request => request.Answer));
        Assert.Equal(HttpStatusCode.TooManyRequests, (await refused).StatusCode);
        sent.RemoveAll(request => request.Answer == refused);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await client.GetAsync(Path, Cancellation)).StatusCode);
        Assert.All(sent, request => Assert.False(request.Answer.IsCompleted));

        Assert.Equal(HttpStatusCode.NotFound, await sent[0].EndAsync());
        await Eventually.TrueAsync(async () => (await client.GetAsync(Path, Cancellation)).StatusCode == HttpStatusCode.NotFound);
        await Task.WhenAll(sent[1..].Select(request => request.EndAsync()));
    }

    private sealed class SlowRequest
    {
        private readonly Pipe _body = new();

        public SlowRequest(TestService service, string subject)
        {
            _ = _body.Writer.WriteAsync("{"u8.ToArray(), Cancellation).AsTask();
            Answer = service.ClientOf(subject).PostAsync(Path, new StreamContent(_body.Reader.AsStream()), Cancellation);
        }

        public Task<HttpResponseMessage> Answer { get; }

        /// <summary>Sends the rest of it.</summary>
        public async Task<HttpStatusCode> EndAsync()
        {
            await _body.Writer.WriteAsync("}"u8.ToArray(), Cancellation);
            await _body.Writer.CompleteAsync();
            return (await Answer).StatusCode;
        }
    }
}
