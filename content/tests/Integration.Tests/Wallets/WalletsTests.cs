using Domain.Wallets;

namespace Integration.Tests.Wallets;

public sealed class WalletsTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private readonly TestService _service = fixture.Service;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_wallet_is_opened_and_read_back()
    {
        var alice = _service.ClientOf(TestService.NewSubject());
        var response = await alice.PostAsJsonAsync("/wallets", new { currency = "EUR" }, Cancellation);
        var opened = await HttpAssert.JsonAsync(response, HttpStatusCode.Created);

        await _service.Databases.ReplicaHasCaughtUpAsync();
        var read = await alice.GetAsync(response.Headers.Location!.ToString(), HttpStatusCode.OK);

        Assert.Equal(opened.GetRawText(), read.GetRawText());
        Assert.Equal("EUR", read.Text("currency"));
        Assert.Equal(0, read.Long("balance"));
    }

    [Fact]
    public async Task A_deposit_is_seen_in_the_balance_and_in_the_entries()
    {
        var alice = _service.ClientOf(TestService.NewSubject());
        var wallet = await alice.OpenWalletAsync();
        await alice.DepositAsync(wallet, 1050);
        Assert.Equal(1100, (await alice.DepositAsync(wallet, 50)).Long("balance"));

        await _service.Databases.ReplicaHasCaughtUpAsync();
        var entries = await alice.ItemsAsync($"/wallets/{wallet}/entries");

        Assert.Equal([50, 1050], entries.Select(entry => entry.Long("amount")));
        Assert.Equal([1100, 1050], entries.Select(entry => entry.Long("balance")));
        Assert.All(entries, entry => Assert.Equal("deposit", entry.Text("kind")));
    }

    [Fact]
    public async Task Entries_are_listed_by_keyset_each_once_and_newest_first()
    {
        var alice = _service.ClientOf(TestService.NewSubject());
        var wallet = await alice.OpenWalletAsync();
        for (var amount = 1; amount <= 7; amount++)
        {
            await alice.DepositAsync(wallet, amount);
        }

        await _service.Databases.ReplicaHasCaughtUpAsync();
        var pages = await alice.PagesAsync($"/wallets/{wallet}/entries", limit: 3);

        Assert.Equal([7, 6, 5, 4, 3, 2, 1], pages.SelectMany(page => page).Select(entry => entry.Long("amount")));
        Assert.Equal(3, pages.Count);
    }

    [Fact]
    public async Task Wallets_are_listed_by_keyset_and_only_ones_own()
    {
        var alice = _service.ClientOf(TestService.NewSubject());
        var stranger = _service.ClientOf(TestService.NewSubject());
        var wallets = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            wallets.Add(await alice.OpenWalletAsync());
            await stranger.OpenWalletAsync();
        }

        await _service.Databases.ReplicaHasCaughtUpAsync();
        var pages = await alice.PagesAsync("/wallets", limit: 2);

        Assert.Equal(Enumerable.Reverse(wallets), pages.SelectMany(page => page).Select(wallet => wallet.Text("id")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/entries")]
    public async Task Somebody_elses_wallet_is_not_found(string part)
    {
        var wallet = await _service.ClientOf(TestService.NewSubject()).OpenWalletAsync();
        await _service.Databases.ReplicaHasCaughtUpAsync();
        foreach (var shard in new[] { 0, 1 })
        {
            var stranger = _service.ClientOf(TestService.NewSubject(shard));
            await HttpAssert.ProblemAsync(await stranger.GetAsync($"/wallets/{wallet}{part}", Cancellation), HttpStatusCode.NotFound);
        }
    }

    [Fact]
    public async Task Nobody_deposits_into_somebody_elses_wallet()
    {
        var alice = _service.ClientOf(TestService.NewSubject());
        var wallet = await alice.OpenWalletAsync();
        var response = await _service.ClientOf(TestService.NewSubject()).TryDepositAsync(wallet, 5);

        await HttpAssert.ProblemAsync(response, HttpStatusCode.NotFound, "wallet-not-found");
    }

    [Fact]
    public async Task Concurrent_deposits_all_count_and_the_balance_is_the_sum_of_the_entries()
    {
        var alice = _service.ClientOf(TestService.NewSubject());
        var wallet = await alice.OpenWalletAsync();
        await Parallel.ForAsync(1, 65, Cancellation, async (amount, _) => await alice.DepositAsync(wallet, amount));

        await _service.Databases.ReplicaHasCaughtUpAsync();
        var read = await alice.GetAsync($"/wallets/{wallet}", HttpStatusCode.OK);
        var entries = (await alice.PagesAsync($"/wallets/{wallet}/entries", limit: 50)).SelectMany(page => page).ToArray();

        Assert.Equal(64 * 65 / 2, read.Long("balance"));
        Assert.Equal(64, entries.Length);
        Assert.Equal(64 * 65 / 2, entries.Sum(entry => entry.Long("amount")));
    }

    [Fact]
    public async Task A_refused_deposit_stores_nothing()
    {
        var alice = _service.ClientOf(TestService.NewSubject());
        var wallet = await alice.OpenWalletAsync();
        await alice.DepositAsync(wallet, Wallet.Limit);
        var refused = await alice.TryDepositAsync(wallet, 1);

        await HttpAssert.ProblemAsync(refused, HttpStatusCode.Conflict, "wallet-limit-exceeded");
        await _service.Databases.ReplicaHasCaughtUpAsync();
        Assert.Equal(Wallet.Limit, (await alice.GetAsync($"/wallets/{wallet}", HttpStatusCode.OK)).Long("balance"));
        Assert.Single(await alice.ItemsAsync($"/wallets/{wallet}/entries"));
    }
}
