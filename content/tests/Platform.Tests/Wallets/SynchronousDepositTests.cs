namespace Platform.Tests.Wallets;

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
        var wallet = await alice.OpenWalletAsync();
        await using var standby = await AwayStandby.SendAsync(servers);

        await HttpAssert.ProblemAsync(await DepositAsync(), HttpStatusCode.ServiceUnavailable, "outcome-unknown");
        Assert.Equal(1, await standby.WaitingAsync());
        await HttpAssert.ProblemAsync(await DepositAsync(), HttpStatusCode.Conflict, "idempotency-in-progress");

        await standby.CancelWaitsAsync();
        await Eventually.TrueAsync(async () => await standby.WaitingAsync() == 0);
        await HttpAssert.ProblemAsync(await DepositAsync(), HttpStatusCode.ServiceUnavailable, "outcome-unknown");

        await standby.ReturnAsync();
        await Eventually.TrueAsync(async () => await standby.WaitingAsync() == 0);
        Assert.Equal(5, (await HttpAssert.JsonAsync(await DepositAsync(), HttpStatusCode.OK)).Long("balance"));

        Task<HttpResponseMessage> DepositAsync() => alice.TryDepositAsync(wallet, 5, key: "unknown");
    }
}
