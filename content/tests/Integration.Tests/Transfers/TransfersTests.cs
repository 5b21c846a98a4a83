using Domain.Wallets;

namespace Integration.Tests.Transfers;

public sealed class TransfersTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private readonly TestService _service = fixture.Service;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task On_one_shard_the_payee_has_the_money_at_once()
    {
        var (alice, bob) = await Person.PairAsync(_service, payeesShard: 0);
        var response = await alice.PayAsync(bob.Wallet, 30);
        var transfer = await HttpAssert.JsonAsync(response, HttpStatusCode.Created);

        Assert.Equal("posted", transfer.Text("status"));
        Assert.Equal($"/transfers/{transfer.Text("id")}", response.Headers.Location!.ToString());
        Assert.Equal((70, 0), await alice.HoldsAsync(_service));
        Assert.Equal((30, 0), await bob.HoldsAsync(_service));
        Assert.Equal(transfer.GetRawText(), (await alice.EndOfAsync(response)).GetRawText());
    }

    [Fact]
    public async Task Between_shards_it_is_reserved_first_and_posted_in_the_end()
    {
        var (alice, bob) = await Person.PairAsync(_service, payeesShard: 1);
        var response = await alice.PayAsync(bob.Wallet, 30);
        var accepted = await HttpAssert.JsonAsync(response, HttpStatusCode.Accepted);
        Assert.Equal("reserved", accepted.Text("status"));

        var ended = await alice.EndOfAsync(response);

        Assert.Equal("posted", ended.Text("status"));
        Assert.Equal((70, 0), await alice.HoldsAsync(_service));
        Assert.Equal((30, 0), await bob.HoldsAsync(_service));
        var received = (await bob.Client.ItemsAsync($"/wallets/{bob.Wallet}/entries"))[0];
        Assert.Equal(("receive", 30), (received.Text("kind"), received.Long("amount")));
        Assert.Equal(ended.Text("id"), received.Text("transferId"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task The_legs_of_a_transfer_sum_to_zero_on_every_shard(int payeesShard)
    {
        var (alice, bob) = await Person.PairAsync(_service, payeesShard);
        var transfer = (await alice.EndOfAsync(await alice.PayAsync(bob.Wallet, 30))).Text("id");
        string Legs(string aggregate) => $"SELECT coalesce({aggregate}, 0)::bigint FROM entries WHERE transfer_id = '{transfer}'";

        foreach (var shard in new[] { "shard0", "shard1" })
        {
            Assert.Equal(0, await _service.Databases.ScalarAsync<long>(shard, Legs("sum(amount)")));
        }

        // Two for one local transaction; else two each for reserve, credit and post.
        Assert.Equal(payeesShard == 0 ? 2 : 4, await _service.Databases.ScalarAsync<long>("shard0", Legs("count(*)")));
        Assert.Equal(payeesShard == 0 ? 0 : 2, await _service.Databases.ScalarAsync<long>("shard1", Legs("count(*)")));
    }

    [Theory]
    [InlineData("closed", "Wallet.PayeeClosed")]
    [InlineData("frozen", "Wallet.PayeeFrozen")]
    [InlineData("currency", "Wallet.PayeeCurrencyMismatch")]
    [InlineData("limit", "Wallet.PayeeLimitExceeded")]
    public async Task What_the_payees_shard_refuses_is_voided_with_a_reason_and_the_money_comes_back(string why, string code)
    {
        var alice = await Person.ComeAsync(_service, shard: 0, balance: 100);
        var bob = await Person.ComeAsync(
            _service, shard: 1, balance: why == "limit" ? Wallet.Limit : 0, currency: why == "currency" ? "USD" : "EUR");
        if (why is "closed" or "frozen")
        {
            var change = why == "closed" ? "close" : "freeze";
            await HttpAssert.JsonAsync(
                await bob.Client.PostAsync($"/wallets/{bob.Wallet}/{change}", content: null, Cancellation), HttpStatusCode.OK);
        }

        var transfer = await alice.EndOfAsync(await alice.PayAsync(bob.Wallet, 30));

        Assert.Equal("voided", transfer.Text("status"));
        Assert.Equal(code, transfer.GetProperty("reason").Text("code"));
        Assert.StartsWith(
            "The payee's wallet", transfer.GetProperty("reason").Text("text"), StringComparison.Ordinal);
        Assert.Equal((100, 0), await alice.HoldsAsync(_service));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task More_than_there_is_cannot_be_paid_and_stores_nothing(int payeesShard)
    {
        var (alice, bob) = await Person.PairAsync(_service, payeesShard);
        await HttpAssert.ProblemAsync(
            await alice.PayAsync(bob.Wallet, 101), HttpStatusCode.Conflict, "wallet-insufficient-funds");

        Assert.Equal((100, 0), await alice.HoldsAsync(_service));
        Assert.Empty(await alice.Client.ItemsAsync("/transfers"));
    }

    [Fact]
    public async Task Two_users_who_pay_each_other_at_the_same_time_do_not_block_each_other()
    {
        var (alice, bob) = (
            await Person.ComeAsync(_service, shard: 0, balance: 100), await Person.ComeAsync(_service, shard: 0, balance: 100));
        await Parallel.ForAsync(0, 40, Cancellation, async (i, _) =>
        {
            var (payer, payee) = i % 2 == 0 ? (alice, bob) : (bob, alice);
            await payer.PaidAsync(payee.Wallet, 1);
        });

        Assert.Equal((100, 0), await alice.HoldsAsync(_service));
        Assert.Equal((100, 0), await bob.HoldsAsync(_service));
    }

    [Fact]
    public async Task Transfers_are_listed_by_keyset_newest_first_and_only_ones_own()
    {
        var (alice, bob) = (
            await Person.ComeAsync(_service, shard: 0, balance: 100), await Person.ComeAsync(_service, shard: 0, balance: 5));
        for (var amount = 1; amount <= 5; amount++)
        {
            await alice.PaidAsync(bob.Wallet, amount);
        }

        await bob.PaidAsync(alice.Wallet, 1);
        await _service.Databases.ReplicaHasCaughtUpAsync();
        var pages = await alice.Client.PagesAsync("/transfers", limit: 2);

        Assert.Equal([5, 4, 3, 2, 1], pages.SelectMany(page => page).Select(transfer => transfer.Long("amount")));
    }

    [Fact]
    public async Task Nobody_pays_from_somebody_elses_wallet_or_sees_somebody_elses_transfer()
    {
        var (alice, bob) = await Person.PairAsync(_service, payeesShard: 0);
        var stolen = await bob.Client.PostAsJsonAsync(
            "/transfers", new { from = alice.Wallet, to = bob.Wallet, amount = 1, currency = "EUR" }, Cancellation);
        await HttpAssert.ProblemAsync(stolen, HttpStatusCode.NotFound);

        var made = await alice.PayAsync(bob.Wallet, 1);
        await alice.EndOfAsync(made);
        await HttpAssert.ProblemAsync(await bob.Client.GetAsync(made.Headers.Location, Cancellation), HttpStatusCode.NotFound);
    }
}
