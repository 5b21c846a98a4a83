using Application.Servers;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.TestHost;

namespace Platform.Tests.Overload;

[Collection(nameof(Timed))]
public sealed class OverloadTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private const int Concurrent = 2;
    private const int Queue = 3;
    private const int Requests = 20;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_too_much_is_sent_away_at_once_and_the_rest_is_answered()
    {
        var slow = new SlowInspector();
        var tokens = new TokenCounter();
        await using var plain = new TestService(
            fixture.Service.Databases, ("RateLimits:Reads", $"{Concurrent}"), ("RateLimits:Queue", $"{Queue}"));
        await using var service = plain.WithWebHostBuilder(builder => builder.ConfigureTestServices(
            services =>
                services.AddSingleton<IServerInspector>(slow).AddSingleton<IPostConfigureOptions<JwtBearerOptions>>(tokens)));
        using var client = service.CreateClient();

        var waiting = Enumerable.Range(0, Requests).Select(_ => client.GetAsync("/topology", Cancellation)).ToList();
        while (waiting.Count > Concurrent + Queue)
        {
            var done = await Task.WhenAny(waiting);
            waiting.Remove(done);
            var refused = await done;
            var problem = await HttpAssert.ProblemAsync(refused, HttpStatusCode.ServiceUnavailable);
            Assert.Equal("urn:problem-type:overloaded", problem.GetProperty("type").GetString());
            Assert.True(refused.Headers.RetryAfter?.Delta >= TimeSpan.FromSeconds(1));
        }

        // The queue is full now, and nobody's token is looked at any more.
        await Eventually.TrueAsync(() => slow.Working == Concurrent);
        var checkedTokens = tokens.Checked;
        await HttpAssert.ProblemAsync(await client.GetAsync("/topology", Cancellation), HttpStatusCode.ServiceUnavailable);
        Assert.Equal(checkedTokens, tokens.Checked);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/health/live", Cancellation)).StatusCode);

        slow.Go.SetResult();
        Assert.True(checkedTokens >= Concurrent + Queue);
        Assert.All(await Task.WhenAll(waiting), response => Assert.Equal(HttpStatusCode.OK, response.StatusCode));
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/topology", Cancellation)).StatusCode);
    }

    private sealed class TokenCounter : IPostConfigureOptions<JwtBearerOptions>
    {
        private int _checked;

        public int Checked => _checked;

        public void PostConfigure(string? name, JwtBearerOptions options)
        {
            var before = options.Events.OnMessageReceived;
            options.Events.OnMessageReceived = context =>
            {
                Interlocked.Increment(ref _checked);
                return before(context);
            };
        }
    }

    private sealed class SlowInspector : IServerInspector
    {
        private int _working;

        public TaskCompletionSource Go { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Working => _working;

        public async Task<IReadOnlyList<ServerView>> InspectAsync(CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _working);
            await Go.Task.WaitAsync(cancellationToken);
            return [];
        }
    }
}
