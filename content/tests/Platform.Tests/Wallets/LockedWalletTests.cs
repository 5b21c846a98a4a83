namespace Platform.Tests.Wallets;

public sealed class LockedWalletTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private readonly TestService _service = fixture.Service;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_pays_into_a_wallet_that_stays_locked_is_told_so_in_a_few_seconds_and_nothing_is_stored()
    {
        var alice = _service.ClientOf(TestService.NewSubject());
        var wallet = await alice.OpenWalletAsync();
        await using var holder = await LockAsync(wallet);
        var started = Stopwatch.GetTimestamp();
        // As many as have a turn at once. One that waits may wait twice: for its place, and for the row.
        var answers = await Task.WhenAll(Enumerable.Range(0, 7).Select(_ => alice.TryDepositAsync(wallet, 5)));
        var took = Stopwatch.GetElapsedTime(started);
        await holder.CloseAsync();

        foreach (var answer in answers)
        {
            await HttpAssert.ProblemAsync(answer, HttpStatusCode.ServiceUnavailable, "busy");
            Assert.Equal("1", Assert.Single(answer.Headers.GetValues("Retry-After")));
        }

        Assert.True(took < TimeSpan.FromSeconds(6), $"It took {took.TotalSeconds} s.");
        Assert.Equal(5, (await alice.DepositAsync(wallet, 5)).Long("balance"));
    }

    [Fact]
    public async Task A_wallet_that_stays_locked_holds_up_no_write_of_a_user_of_another_shard()
    {
        await using var service = new TestService(_service.Databases, ("RateLimits:Writes", "2"));
        var alice = service.ClientOf(TestService.NewSubject(shard: 0));
        var bob = service.ClientOf(TestService.NewSubject(shard: 1));
        var wallet = await alice.OpenWalletAsync();
        await bob.OpenWalletAsync();
        await using var holder = await LockAsync(wallet);
        var deposits = Enumerable.Range(0, 4).Select(_ => alice.TryDepositAsync(wallet, 5)).ToArray();
        await Eventually.TrueAsync(() => _service.Databases.ScalarAsync<bool>(
            "shard0",
            "SELECT count(*) = 2 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"));

        await bob.OpenWalletAsync("USD");
        Assert.All(deposits, deposit => Assert.False(deposit.IsCompleted));
        await holder.CloseAsync();
        Assert.All(await Task.WhenAll(deposits), answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
    }

    /// <summary>Holds the lock until the connection is closed.</summary>
    private async Task<NpgsqlConnection> LockAsync(string wallet)
    {
        var holder = new NpgsqlConnection($"{_service.Databases.ConnectionString("shard0", "postgres")};Pooling=false");
        await holder.OpenAsync(Cancellation);
        await using var hold = new NpgsqlCommand($"BEGIN; SELECT FROM wallets WHERE id = '{wallet}' FOR UPDATE", holder);
        await hold.ExecuteNonQueryAsync(Cancellation);
        return holder;
    }
}
