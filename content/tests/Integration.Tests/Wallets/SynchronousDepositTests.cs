namespace Integration.Tests.Wallets;

/// <summary>Money is acknowledged when the synchronous standby has it, and not before.</summary>
public sealed class SynchronousDepositTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_deposit_that_no_standby_has_is_503_and_the_same_key_gets_its_answer_when_one_has_it()
    {
        await using var servers = await Servers.OnAsync(await StartedServers.StartAsync(Cancellation, synchronousReplica: true));
        await using var service = new TestService(
            await servers.CreateDatabasesAsync(), ("Postgres:CommandTimeout", "1"), ("Commits:WaitSeconds", "2"));
        var alice = service.ClientOf(TestService.NewSubject());
        var wallet = (await alice.PostAsync("/wallets", new { currency = "EUR" }, HttpStatusCode.Created)).GetProperty("id")
            .GetString()!;
        await using var standby = await AwayStandby.SendAsync(servers);

        Assert.Equal("urn:problem-type:outcome-unknown", await ProblemAsync(await DepositAsync(alice, wallet, "unknown")));
        Assert.Equal(1, await standby.WaitingAsync());
        Assert.Equal("urn:problem-type:idempotency-in-progress",
            await ProblemAsync(await DepositAsync(alice, wallet, "unknown"), HttpStatusCode.Conflict));

        await standby.CancelWaitsAsync();
        await Eventually.TrueAsync(async () => await standby.WaitingAsync() == 0);
        Assert.Equal("urn:problem-type:outcome-unknown", await ProblemAsync(await DepositAsync(alice, wallet, "unknown")));

        await standby.ReturnAsync();
        await Eventually.TrueAsync(async () => await standby.WaitingAsync() == 0);
        var deposited = await HttpAssert.JsonAsync(await DepositAsync(alice, wallet, "unknown"), HttpStatusCode.OK);
        Assert.Equal(5, deposited.GetProperty("balance").GetInt64());
    }

    private static Task<HttpResponseMessage> DepositAsync(HttpClient client, string wallet, string key) => client.SendAsync(
        new HttpRequestMessage(HttpMethod.Post, $"/wallets/{wallet}/deposits")
        {
            Content = JsonContent.Create(new { amount = 5, currency = "EUR" }),
            Headers = { { "Idempotency-Key", key } },
        },
        Cancellation);

    private static async Task<string?> ProblemAsync(
        HttpResponseMessage response, HttpStatusCode status = HttpStatusCode.ServiceUnavailable) =>
        (await HttpAssert.ProblemAsync(response, status)).GetProperty("type").GetString();
}
