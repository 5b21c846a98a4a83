using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.Testing.Handlers;

namespace Integration.Tests.Wallets;

/// <summary>Sync-Token and reads of wallets over HTTP.</summary>
public sealed class WalletSyncTokenTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private readonly TestService _service = fixture.Service;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_write_answers_with_a_token_by_header_and_cookie_and_each_makes_the_next_read_see_it()
    {
        var alice = _service.ClientOf(TestService.NewSubject());
        var wallet = (await alice.PostAsJsonAsync("/wallets", new { currency = "EUR" }, Cancellation)).Headers.Location!;
        await using (await PausedReplica.PauseAsync(_service.Databases))
        {
            var deposited = await alice.PostAsJsonAsync($"{wallet}/deposits", new { amount = 5, currency = "EUR" }, Cancellation);
            var token = Assert.Single(deposited.Headers.GetValues("Sync-Token"));
            var cookie = Assert.Single(deposited.Headers.GetValues("Set-Cookie"));
            Assert.Matches("^shard0=[A-Za-z0-9_-]+;sn=[0-9]+$", token);
            Assert.Contains("httponly", cookie, StringComparison.Ordinal);
            Assert.Contains("samesite=lax", cookie, StringComparison.Ordinal);

            Assert.Equal((0, "replica"), await BalanceAsync(alice, wallet));
            Assert.Equal((5, "primary"), await BalanceAsync(alice, wallet, ("Sync-Token", token)));
            Assert.Equal((5, "primary"), await BalanceAsync(alice, wallet, ("Cookie", cookie.Split(';')[0])));
            Assert.Equal((5, "primary"), await BalanceAsync(alice, wallet, ("Sync-Token", "forged")));
        }
    }

    [Fact]
    public async Task A_browser_keeps_the_token_by_itself()
    {
        var alice = _service.CreateDefaultClient(new NewKeys(), new CookieContainerHandler());
        alice.DefaultRequestHeaders.Authorization = _service.ClientOf(
            TestService.NewSubject()).DefaultRequestHeaders.Authorization;
        for (var i = 0; i < 20; i++)
        {
            var opened = await alice.PostAsJsonAsync("/wallets", new { currency = "EUR" }, Cancellation);
            await HttpAssert.JsonAsync(await alice.GetAsync(opened.Headers.Location, Cancellation), HttpStatusCode.OK);
        }
    }

    /// <summary>Both requests were sent before either was answered; the answers come in one order or the other.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Answers_to_requests_sent_at_once_leave_in_the_browser_what_both_have_written(bool inOrder)
    {
        var alice = _service.ClientOf(TestService.NewSubject());
        var jar = new CookieContainer();
        var wallets = new List<Uri>();
        foreach (var currency in new[] { "EUR", "USD" })
        {
            var opened = await SendAsync(HttpMethod.Post, "/wallets", new { currency });
            wallets.Add(opened.Headers.Location!);
            Keep(opened);
        }

        var id = wallets[0].OriginalString.Split('/')[^1];
        var handle = $"h{Guid.NewGuid():N}"[..20];
        await using var paused = await PausedReplica.PauseAsync(_service.Databases);

        // Of two databases.
        await AtOnceAsync(
            () => SendAsync(HttpMethod.Post, $"{wallets[0]}/deposits", new { amount = 5, currency = "EUR" }),
            () => SendAsync(HttpMethod.Put, "/payees/me", new { handle, wallet = id }));
        Assert.Equal(5, await BalanceAsync(wallets[0]));
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Get, $"/payees/{handle}")).StatusCode);

        // Of one.
        await AtOnceAsync(
            () => SendAsync(HttpMethod.Post, $"{wallets[0]}/deposits", new { amount = 2, currency = "EUR" }),
            () => SendAsync(HttpMethod.Post, $"{wallets[1]}/deposits", new { amount = 3, currency = "USD" }));
        Assert.Equal(7, await BalanceAsync(wallets[0]));
        Assert.Equal(3, await BalanceAsync(wallets[1]));

        // What an answer covers it has taken out of the jar.
        Keep(await SendAsync(HttpMethod.Post, $"{wallets[0]}/deposits", new { amount = 1, currency = "EUR" }));
        Assert.Single(jar.GetAllCookies(), cookie => !cookie.Expired);

        async Task AtOnceAsync(Func<Task<HttpResponseMessage>> one, Func<Task<HttpResponseMessage>> other)
        {
            HttpResponseMessage[] answers = [await one(), await other()];
            foreach (var answer in inOrder ? answers : answers.Reverse())
            {
                Assert.True(answer.IsSuccessStatusCode);
                Keep(answer);
            }
        }

        async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body = null)
        {
            using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
            if (jar.GetCookieHeader(alice.BaseAddress!) is { Length: > 0 } cookies)
            {
                request.Headers.Add("Cookie", cookies);
            }

            return await alice.SendAsync(request, Cancellation);
        }

        void Keep(HttpResponseMessage answer)
        {
            foreach (var cookie in answer.Headers.TryGetValues("Set-Cookie", out var cookies) ? cookies : [])
            {
                jar.SetCookies(alice.BaseAddress!, cookie);
            }
        }

        async Task<long> BalanceAsync(Uri wallet) =>
            (await HttpAssert.JsonAsync(await SendAsync(HttpMethod.Get, $"{wallet}"), HttpStatusCode.OK)).GetProperty("balance")
                .GetInt64();
    }

    [Theory]
    [InlineData("10.1.2.3", true)]
    [InlineData("10.2.2.3", false)]
    public async Task A_cookie_is_secure_behind_a_proxy_that_is_known(string proxy, bool isSecure)
    {
        await using var service = new TestService(_service.Databases, ("Proxies:Known:0", "10.1.0.0/16"));
        _ = service.Services;
        var answer = await service.Server.SendAsync(Ask, Cancellation);

        Assert.Equal(StatusCodes.Status200OK, answer.Response.StatusCode);
        Assert.Equal(
            isSecure, answer.Response.Headers.SetCookie.ToString().Contains("secure", StringComparison.OrdinalIgnoreCase));
        Assert.Equal(isSecure ? "192.0.2.7" : proxy, answer.Connection.RemoteIpAddress!.ToString());

        void Ask(HttpContext context)
        {
            context.Connection.RemoteIpAddress = IPAddress.Parse(proxy);
            context.Request.Path = "/wallets";
            context.Request.Headers.Authorization = $"Bearer {TestService.TokenFor(TestService.NewSubject())}";
            context.Request.Headers["Sec-Fetch-Site"] = "same-origin";
            context.Request.Headers["X-Forwarded-Proto"] = "https";
            context.Request.Headers["X-Forwarded-For"] = "192.0.2.7";
        }
    }

    [Fact]
    public async Task A_read_answers_with_what_it_has_seen_and_a_write_keeps_what_the_request_asked_for()
    {
        var alice = _service.ClientOf(TestService.NewSubject());
        var opened = await alice.PostAsJsonAsync("/wallets", new { currency = "EUR" }, Cancellation);
        var id = (await HttpAssert.JsonAsync(opened, HttpStatusCode.Created)).Text("id");
        using var named = new HttpRequestMessage(HttpMethod.Put, "/payees/me")
        {
            Content = JsonContent.Create(new { handle = $"h{Guid.NewGuid():N}"[..20], wallet = id }),
        };
        named.Headers.Add("Sync-Token", opened.Headers.GetValues("Sync-Token"));
        var answer = await alice.SendAsync(named, Cancellation);
        var databases = Assert.Single(answer.Headers.GetValues("Sync-Token")).Split(',').Select(entry => entry.Split('=')[0]);

        Assert.Equal(["directory", "shard0"], databases.Order());
        var read = await alice.GetAsync(opened.Headers.Location, Cancellation);
        Assert.StartsWith("shard0=", Assert.Single(read.Headers.GetValues("Sync-Token")), StringComparison.Ordinal);

        // A cookie is for browsers and those who have sent one.
        Assert.False(read.Headers.Contains("Set-Cookie"));
    }

    [Fact]
    public async Task One_wallet_is_read_in_one_round_trip_and_as_it_was_answered_before()
    {
        var alice = _service.ClientOf(TestService.NewSubject());
        var opened = await alice.PostAsJsonAsync("/wallets", new { currency = "EUR" }, Cancellation);
        var written = await opened.Content.ReadAsStringAsync(Cancellation);
        // Another test may have paused the replica, which the service learns of by its next probe.
        await _service.Databases.ReplicaHasCaughtUpAsync();
        await Eventually.TrueAsync(async () => (await BalanceAsync(alice, opened.Headers.Location!)).Server == "replica");

        using var trips = new RoundTrips();
        alice.DefaultRequestHeaders.Add("traceparent", trips.TraceParent);
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(written, await alice.GetStringAsync(opened.Headers.Location, Cancellation));
        }

        Assert.Equal(Enumerable.Repeat("shard0-replica", 10), trips.All.Select(trip => trip.GetTagItem("db.npgsql.data_source")));
        Assert.Equal(HttpStatusCode.NotFound, (await alice.GetAsync($"/wallets/{Guid.NewGuid()}", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound,
            (await _service.ClientOf(TestService.NewSubject()).GetAsync(opened.Headers.Location, Cancellation)).StatusCode);
    }

    private static async Task<(long Balance, string Server)> BalanceAsync(
        HttpClient client, Uri wallet, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, wallet);
        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        var read = await client.SendAsync(request, Cancellation);
        var balance = (await HttpAssert.JsonAsync(read, HttpStatusCode.OK)).Long("balance");
        return (balance, read.ServerTiming().Contains("primary", StringComparison.Ordinal) ? "primary" : "replica");
    }
}
