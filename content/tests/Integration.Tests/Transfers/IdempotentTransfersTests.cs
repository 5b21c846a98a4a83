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
        var (alice, bob) = (
            await Person.ComeAsync(_service, shard: 0, balance: 100), await Person.ComeAsync(_service, payeesShard));
        var first = await alice.PayAsync(bob.Wallet, 30, key: "pay-bob");
        var end = await alice.EndOfAsync(first);

        var again = await alice.PayAsync(bob.Wallet, 30, key: "pay-bob");

        Assert.Equal(
            (await HttpAssert.JsonAsync(first, status)).GetRawText(), (await HttpAssert.JsonAsync(again, status)).GetRawText());
        Assert.Equal(first.Headers.Location, again.Headers.Location);
        Assert.Equal("posted", end.GetProperty("status").GetString());
        Assert.Equal((70, 0), await alice.HoldsAsync(_service));
        Assert.Equal((30, 0), await bob.HoldsAsync(_service));
    }

    [Fact]
    public async Task Of_concurrent_duplicates_one_moves_money_and_the_others_are_told_the_same_or_to_wait()
    {
        var (alice, bob) = (await Person.ComeAsync(_service, shard: 0, balance: 100), await Person.ComeAsync(_service, shard: 0));
        var responses = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => alice.PayAsync(bob.Wallet, 10, key: "once")));

        var done = responses.Where(response => response.StatusCode == HttpStatusCode.Created).ToArray();
        Assert.Single((await Task.WhenAll(done.Select(response => response.Content.ReadAsStringAsync(Cancellation)))).Distinct());
        foreach (var response in responses.Except(done))
        {
            var problem = await HttpAssert.ProblemAsync(response, HttpStatusCode.Conflict);
            Assert.Equal("urn:problem-type:idempotency-in-progress", problem.GetProperty("type").GetString());
        }

        Assert.Equal((90, 0), await alice.HoldsAsync(_service));
        Assert.Equal((10, 0), await bob.HoldsAsync(_service));
    }

    [Fact]
    public async Task A_key_cannot_be_used_for_another_request()
    {
        var (alice, bob) = (await Person.ComeAsync(_service, shard: 0, balance: 100), await Person.ComeAsync(_service, shard: 0));
        await HttpAssert.JsonAsync(await alice.PayAsync(bob.Wallet, 10, key: "key"), HttpStatusCode.Created);

        var problem = await HttpAssert.ProblemAsync(
            await alice.PayAsync(bob.Wallet, 11, key: "key"), HttpStatusCode.UnprocessableEntity);

        Assert.Equal("urn:problem-type:idempotency-other-request", problem.GetProperty("type").GetString());
        Assert.Equal((90, 0), await alice.HoldsAsync(_service));
    }

    [Fact]
    public async Task A_late_duplicate_of_a_refused_payment_is_refused_and_a_new_key_pays()
    {
        var (alice, bob) = (await Person.ComeAsync(_service, shard: 0), await Person.ComeAsync(_service, shard: 0));
        var refused = await HttpAssert.ProblemAsync(await alice.PayAsync(bob.Wallet, 10, key: "key"), HttpStatusCode.Conflict);
        await alice.Client.PostAsync(
            $"/wallets/{alice.Wallet}/deposits", new { amount = 10, currency = "EUR" }, HttpStatusCode.OK);

        var again = await HttpAssert.ProblemAsync(await alice.PayAsync(bob.Wallet, 10, key: "key"), HttpStatusCode.Conflict);

        Assert.Equal(refused.GetProperty("type").GetString(), again.GetProperty("type").GetString());
        Assert.Equal(refused.GetProperty("detail").GetString(), again.GetProperty("detail").GetString());
        Assert.Equal((10, 0), await alice.HoldsAsync(_service));
        await HttpAssert.JsonAsync(await alice.PayAsync(bob.Wallet, 10, key: "new-key"), HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_key_cannot_be_used_at_another_address()
    {
        var alice = await Person.ComeAsync(_service, shard: 0);
        var other = await alice.Client.PostAsync("/wallets", new { currency = "EUR" }, HttpStatusCode.Created);
        await HttpAssert.JsonAsync(await DepositAsync(alice.Wallet), HttpStatusCode.OK);

        var problem = await HttpAssert.ProblemAsync(
            await DepositAsync(other.GetProperty("id").GetString()!), HttpStatusCode.UnprocessableEntity);

        Assert.Equal("urn:problem-type:idempotency-other-request", problem.GetProperty("type").GetString());

        Task<HttpResponseMessage> DepositAsync(string wallet) => alice.SendAsync(
            $"/wallets/{wallet}/deposits", """{ "amount": 5, "currency": "EUR" }""", "address");
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
        var answers = new List<string>();
        for (var attempt = 0; attempt < 2; attempt++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/wallets/{alice.Wallet}/deposits")
            {
                Content = JsonContent.Create(new { amount = 5, currency = "EUR" }),
                Headers = { { "Idempotency-Key", "deposit" } },
            };
            answers.Add((await HttpAssert.JsonAsync(await alice.Client.SendAsync(request, Cancellation), HttpStatusCode.OK))
                .GetRawText());
        }

        Assert.Equal(answers[0], answers[1]);
        Assert.Equal((5, 0), await alice.HoldsAsync(_service));
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
        foreach (var path in new[] { "/transfers", $"/wallets/{Guid.NewGuid()}/deposits" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path)
            {
                Content = path == "/transfers"
                    ? JsonContent.Create(new { from = Guid.NewGuid(), to = "bob", amount = 1, currency = "EUR" })
                    : JsonContent.Create(new { amount = 1, currency = "EUR" }),
            };
            if (key is not null)
            {
                request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
            }

            var problem = await HttpAssert.ProblemAsync(await client.SendAsync(request, Cancellation), HttpStatusCode.BadRequest);
            Assert.Equal("urn:problem-type:idempotency-key-missing", problem.GetProperty("type").GetString());
        }
    }
}
