namespace Integration.Tests.Transfers;

public sealed class IdempotentTransfersTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private readonly TestService _service = fixture.Service;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Nobody reads the first response, as when it is lost on its way after the commit.</summary>
    [Theory]
    [InlineData(0, HttpStatusCode.Created)]
    [InlineData(1, HttpStatusCode.Accepted)]
    public async Task A_retried_transfer_moves_money_once(int payeesShard, HttpStatusCode status)
    {
        var (alice, bob) = await Person.PairAsync(_service, payeesShard);
        var first = await alice.PayAsync(bob.Wallet, 30, key: "pay-bob");
        var end = await alice.EndOfAsync(first);

        var again = await alice.PayAsync(bob.Wallet, 30, key: "pay-bob");

        Assert.Equal(
            (await HttpAssert.JsonAsync(first, status)).GetRawText(), (await HttpAssert.JsonAsync(again, status)).GetRawText());
        Assert.Equal(first.Headers.Location, again.Headers.Location);
        Assert.Equal("posted", end.Text("status"));
        Assert.Equal((70, 0), await alice.HoldsAsync(_service));
        Assert.Equal((30, 0), await bob.HoldsAsync(_service));
    }

    [Fact]
    public async Task Of_concurrent_duplicates_one_moves_money_and_the_others_are_told_the_same_or_to_wait()
    {
        var (alice, bob) = await Person.PairAsync(_service, payeesShard: 0);
        var responses = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => alice.PayAsync(bob.Wallet, 10, key: "once")));

        var done = responses.Where(response => response.StatusCode == HttpStatusCode.Created).ToArray();
        Assert.Single((await Task.WhenAll(done.Select(response => response.Content.ReadAsStringAsync(Cancellation)))).Distinct());
        foreach (var response in responses.Except(done))
        {
            await HttpAssert.ProblemAsync(response, HttpStatusCode.Conflict, "idempotency-in-progress");
        }

        Assert.Equal((90, 0), await alice.HoldsAsync(_service));
        Assert.Equal((10, 0), await bob.HoldsAsync(_service));
    }

    [Fact]
    public async Task A_key_cannot_be_used_for_another_request()
    {
        var (alice, bob) = await Person.PairAsync(_service, payeesShard: 0);
        await HttpAssert.JsonAsync(await alice.PayAsync(bob.Wallet, 10, key: "key"), HttpStatusCode.Created);

        await HttpAssert.ProblemAsync(
            await alice.PayAsync(bob.Wallet, 11, key: "key"), HttpStatusCode.UnprocessableEntity, "idempotency-other-request");

        Assert.Equal((90, 0), await alice.HoldsAsync(_service));
    }

    [Fact]
    public async Task A_late_duplicate_of_a_refused_payment_is_refused_and_a_new_key_pays()
    {
        var (alice, bob) = (await Person.ComeAsync(_service, shard: 0), await Person.ComeAsync(_service, shard: 0));
        var refused = await HttpAssert.ProblemAsync(await alice.PayAsync(bob.Wallet, 10, key: "key"), HttpStatusCode.Conflict);
        await alice.Client.DepositAsync(alice.Wallet, 10);

        var again = await HttpAssert.ProblemAsync(await alice.PayAsync(bob.Wallet, 10, key: "key"), HttpStatusCode.Conflict);

        Assert.Equal(refused.Text("type"), again.Text("type"));
        Assert.Equal(refused.Text("detail"), again.Text("detail"));
        Assert.Equal((10, 0), await alice.HoldsAsync(_service));
        await HttpAssert.JsonAsync(await alice.PayAsync(bob.Wallet, 10, key: "new-key"), HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_key_cannot_be_used_at_another_address()
    {
        var alice = await Person.ComeAsync(_service, shard: 0);
        var other = await alice.Client.OpenWalletAsync();
        await HttpAssert.JsonAsync(await alice.Client.TryDepositAsync(alice.Wallet, 5, key: "address"), HttpStatusCode.OK);

        await HttpAssert.ProblemAsync(
            await alice.Client.TryDepositAsync(other, 5, key: "address"), HttpStatusCode.UnprocessableEntity,
            "idempotency-other-request");
    }

    [Fact]
    public async Task The_same_JSON_in_another_order_is_the_same_request()
    {
        var alice = await Person.ComeAsync(_service, shard: 0);
        var path = $"/wallets/{alice.Wallet}/deposits";

        await HttpAssert.JsonAsync(
            await alice.SendAsync(path, """{ "amount": 5, "currency": "EUR" }""", "order"), HttpStatusCode.OK);
        await HttpAssert.JsonAsync(await alice.SendAsync(path, """{"currency":"EUR","amount":5}""", "order"), HttpStatusCode.OK);

        Assert.Equal((5, 0), await alice.HoldsAsync(_service));
    }

    [Fact]
    public async Task A_retried_deposit_pays_in_once_and_is_answered_the_same()
    {
        var alice = await Person.ComeAsync(_service, shard: 0);
        var first = await DepositAsync();

        Assert.Equal(first.GetRawText(), (await DepositAsync()).GetRawText());
        Assert.Equal((5, 0), await alice.HoldsAsync(_service));

        async Task<JsonElement> DepositAsync() => await HttpAssert.JsonAsync(
            await alice.Client.TryDepositAsync(alice.Wallet, 5, key: "deposit"), HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("")]
    [InlineData("with a space")]
    [InlineData("schlüssel")]
    [InlineData(null)]
    public async Task A_request_that_moves_money_needs_a_good_key(string? key)
    {
        using var client = _service.CreateClient();
        client.DefaultRequestHeaders.Authorization = _service.ClientOf(
            TestService.NewSubject()).DefaultRequestHeaders.Authorization;
        var transfer = new { from = Guid.NewGuid(), to = "bob", amount = 1, currency = "EUR" };
        HttpResponseMessage[] answers =
        [
            await client.SendAsync(HttpMethod.Post, "/transfers", transfer, ("Idempotency-Key", key)),
            await client.TryDepositAsync($"{Guid.NewGuid()}", 1, key),
        ];
        foreach (var answer in answers)
        {
            await HttpAssert.ProblemAsync(answer, HttpStatusCode.BadRequest, "idempotency-key-missing");
        }
    }
}
