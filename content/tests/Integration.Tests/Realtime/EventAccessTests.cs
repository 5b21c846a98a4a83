namespace Integration.Tests.Realtime;

/// <summary>Who may listen, for how long, and to how many streams at once.</summary>
public sealed class EventAccessTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private readonly TestService _service = fixture.Service;
    private readonly string _subject = TestService.NewSubject();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private UserId Owner => TestService.UserOf(_subject);

    [Fact]
    public async Task A_token_in_the_address_is_good_for_events_alone()
    {
        var token = TestService.TokenFor(_subject);
        using var client = _service.CreateClient();
        using var events = await client.GetAsync(
            $"/events?access_token={token}", HttpCompletionOption.ResponseHeadersRead, Cancellation);
        using var other = await client.GetAsync($"/anything?access_token={token}", Cancellation);
        using var none = await client.GetAsync("/events", Cancellation);

        Assert.Equal(HttpStatusCode.OK, events.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, other.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, none.StatusCode);
    }

    [Fact]
    public async Task A_stream_ends_with_its_token()
    {
        await using var service = new TestService(_service.Databases, ("Authentication:ClockSkewSeconds", "0"));
        _ = service.Services;
        await using var client = new EventClient(_subject);
        await client.ConnectAsync(service, TestService.TokenFor(_subject, DateTime.UtcNow.AddSeconds(4)));
        while (await client.NextAsync() is not null)
        {
        }

        Assert.Contains(client.Notices, notice => notice.EventType == "ready");
    }

    [Fact]
    public async Task A_stream_goes_on_for_as_long_as_requests_with_its_token_are_answered()
    {
        await using var client = new EventClient(_subject);
        await client.ConnectAsync(_service, TestService.TokenFor(_subject, DateTime.UtcNow.AddSeconds(-5)));
        await client.UntilAsync("ready");

        await _service.PublishAsync(Owner, 1);

        Assert.Equal([1], await client.UntilCountAsync(1));
    }

    [Fact]
    public async Task A_token_that_ends_beyond_the_calendar_is_good_for_events_too()
    {
        var milliseconds = DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeMilliseconds();
        await using var client = new EventClient(_subject);
        await client.ConnectAsync(_service, TestService.TokenExpiringAt(_subject, milliseconds));

        Assert.Equal("heartbeat", (await client.NextAsync())!.Value.EventType);
    }

    [Fact]
    public async Task A_user_has_so_many_streams_at_once_and_others_have_theirs()
    {
        await using var service = new TestService(_service.Databases, ("RateLimits:StreamsPerUser", "2"));
        await using var one = new EventClient(_subject);
        await using var two = new EventClient(_subject);
        await using var other = new EventClient(TestService.NewSubject());
        await one.ConnectAsync(service);
        await two.ConnectAsync(service);

        var refused = await service.ClientOf(_subject).GetAsync("/events", Cancellation);

        var problem = await HttpAssert.ProblemAsync(refused, HttpStatusCode.TooManyRequests);
        Assert.Equal("urn:problem-type:too-many-streams", problem.GetProperty("type").GetString());
        await other.ConnectAsync(service);
        await two.DisconnectAsync();
        await Eventually.TrueAsync(async () =>
        {
            using var next = await service.ClientOf(_subject)
                .GetAsync("/events", HttpCompletionOption.ResponseHeadersRead, Cancellation);
            return next.StatusCode == HttpStatusCode.OK;
        });
    }

    [Fact]
    public async Task Clients_are_told_to_come_back_at_different_times()
    {
        var times = new HashSet<TimeSpan?>();
        for (var i = 0; i < 5; i++)
        {
            await using var client = new EventClient(_subject);
            await client.ConnectAsync(_service);
            times.Add((await client.NextAsync())!.Value.ReconnectionInterval);
        }

        Assert.True(times.Count > 1);
        Assert.All(times, time => Assert.InRange(time!.Value.TotalSeconds, 1, 5));
    }
}
