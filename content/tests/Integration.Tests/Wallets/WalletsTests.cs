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
        Assert.Equal("EUR", read.GetProperty("currency").GetString());
        Assert.Equal(0, read.GetProperty("balance").GetInt64());
    }

    [Fact]
    public async Task A_deposit_is_seen_in_the_balance_and_in_the_entries()
    {
        var alice = _service.ClientOf(TestService.NewSubject());
        var wallet = await OpenAsync(alice);
        await alice.PostAsync($"{wallet}/deposits", new { amount = 1050, currency = "EUR" }, HttpStatusCode.OK);
        var after = await alice.PostAsync($"{wallet}/deposits", new { amount = 50, currency = "EUR" }, HttpStatusCode.OK);
        Assert.Equal(1100, after.GetProperty("balance").GetInt64());

        await _service.Databases.ReplicaHasCaughtUpAsync();
        var entries = (await alice.GetAsync($"{wallet}/entries", HttpStatusCode.OK)).GetProperty("items").EnumerateArray()
            .ToArray();

        Assert.Equal([50, 1050], entries.Select(entry => entry.GetProperty("amount").GetInt64()));
        Assert.Equal([1100, 1050], entries.Select(entry => entry.GetProperty("balance").GetInt64()));
        Assert.All(entries, entry => Assert.Equal("deposit", entry.GetProperty("kind").GetString()));
    }

    [Fact]
    public async Task Entries_are_listed_by_keyset_each_once_and_newest_first()
    {
        var alice = _service.ClientOf(TestService.NewSubject());
        var wallet = await OpenAsync(alice);
        for (var amount = 1; amount <= 7; amount++)
        {
            await alice.PostAsync($"{wallet}/deposits", new { amount, currency = "EUR" }, HttpStatusCode.OK);
        }

        await _service.Databases.ReplicaHasCaughtUpAsync();
        var (amounts, pages) = await ReadPagesAsync(
            alice, $"{wallet}/entries", 3, entry => entry.GetProperty("amount").GetInt64());

        Assert.Equal([7, 6, 5, 4, 3, 2, 1], amounts);
        Assert.Equal(3, pages);
    }

    [Fact]
    public async Task Wallets_are_listed_by_keyset_and_only_ones_own()
    {
        var alice = _service.ClientOf(TestService.NewSubject());
        var stranger = _service.ClientOf(TestService.NewSubject());
        var wallets = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            wallets.Add(await OpenAsync(alice));
            await OpenAsync(stranger);
        }

        await _service.Databases.ReplicaHasCaughtUpAsync();
        var (listed, _) = await ReadPagesAsync(
            alice, "/wallets", 2, wallet => $"/wallets/{wallet.GetProperty("id").GetString()}");

        Assert.Equal(Enumerable.Reverse(wallets), listed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/entries")]
    public async Task Somebody_elses_wallet_is_not_found(string part)
    {
        var wallet = await OpenAsync(_service.ClientOf(TestService.NewSubject()));
        await _service.Databases.ReplicaHasCaughtUpAsync();
        foreach (var shard in new[] { 0, 1 })
        {
            var stranger = _service.ClientOf(TestService.NewSubject(shard));
            await HttpAssert.ProblemAsync(await stranger.GetAsync(wallet + part, Cancellation), HttpStatusCode.NotFound);
        }
    }

    [Fact]
    public async Task Nobody_deposits_into_somebody_elses_wallet()
    {
        var alice = _service.ClientOf(TestService.NewSubject());
        var wallet = await OpenAsync(alice);
        var response = await _service.ClientOf(TestService.NewSubject())
            .PostAsJsonAsync($"{wallet}/deposits", new { amount = 5, currency = "EUR" }, Cancellation);

        var problem = await HttpAssert.ProblemAsync(response, HttpStatusCode.NotFound);
        Assert.Equal("urn:problem-type:wallet-not-found", problem.GetProperty("type").GetString());
    }

    [Fact]
    public async Task Concurrent_deposits_all_count_and_the_balance_is_the_sum_of_the_entries()
    {
        var alice = _service.ClientOf(TestService.NewSubject());
        var wallet = await OpenAsync(alice);
        await Parallel.ForAsync(1, 65, Cancellation, async (amount, _) =>
            await alice.PostAsync($"{wallet}/deposits", new { amount, currency = "EUR" }, HttpStatusCode.OK));

        await _service.Databases.ReplicaHasCaughtUpAsync();
        var read = await alice.GetAsync(wallet, HttpStatusCode.OK);
        var (amounts, _) = await ReadPagesAsync(alice, $"{wallet}/entries", 50, entry => entry.GetProperty("amount").GetInt64());

        Assert.Equal(64 * 65 / 2, read.GetProperty("balance").GetInt64());
        Assert.Equal(64, amounts.Count);
        Assert.Equal(64 * 65 / 2, amounts.Sum());
    }

    [Fact]
    public async Task A_refused_deposit_stores_nothing()
    {
        var alice = _service.ClientOf(TestService.NewSubject());
        var wallet = await OpenAsync(alice);
        await alice.PostAsync($"{wallet}/deposits", new { amount = Wallet.Limit, currency = "EUR" }, HttpStatusCode.OK);
        var refused = await alice.PostAsJsonAsync($"{wallet}/deposits", new { amount = 1, currency = "EUR" }, Cancellation);

        var problem = await HttpAssert.ProblemAsync(refused, HttpStatusCode.Conflict);
        Assert.Equal("urn:problem-type:wallet-limit-exceeded", problem.GetProperty("type").GetString());
        await _service.Databases.ReplicaHasCaughtUpAsync();
        Assert.Equal(Wallet.Limit, (await alice.GetAsync(wallet, HttpStatusCode.OK)).GetProperty("balance").GetInt64());
        Assert.Single((await alice.GetAsync($"{wallet}/entries", HttpStatusCode.OK)).GetProperty("items").EnumerateArray());
    }

    private static async Task<string> OpenAsync(HttpClient client)
    {
        var wallet = await client.PostAsync("/wallets", new { currency = "EUR" }, HttpStatusCode.Created);
        return $"/wallets/{wallet.GetProperty("id").GetString()}";
    }

    private static async Task<(List<T> Items, int Pages)> ReadPagesAsync<T>(
        HttpClient client, string list, int limit, Func<JsonElement, T> select)
    {
        var items = new List<T>();
        var pages = 0;
        for (var next = $"{list}?limit={limit}"; next is not null; pages++)
        {
            var page = await client.GetAsync(next, HttpStatusCode.OK);
            items.AddRange(page.GetProperty("items").EnumerateArray().Select(select));
            next = page.GetProperty("next").GetString() is { } after ? $"{list}?limit={limit}&after={after}" : null;
        }

        return (items, pages);
    }
}
