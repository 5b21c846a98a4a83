namespace Integration.Tests.Transfers;

public sealed class TransferEventsTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private readonly TestService _service = fixture.Service;

    [Theory]
    [InlineData(0, "deposit, money-sent", "money-received")]
    [InlineData(1, "deposit, transfer-reserved, transfer-settled", "money-received")]
    public async Task Payer_and_payee_see_the_money_move(int payeesShard, string payerIsTold, string payeeIsTold)
    {
        var (payer, payee) = (TestService.NewSubject(), TestService.NewSubject(payeesShard));
        await using var payersEvents = new EventClient(payer);
        await using var payeesEvents = new EventClient(payee);
        await payersEvents.ConnectAsync(_service);
        await payeesEvents.ConnectAsync(_service);
        await payersEvents.UntilAsync("ready");
        await payeesEvents.UntilAsync("ready");
        var from = await _service.ClientOf(payer).OpenWalletAsync();
        var to = await _service.ClientOf(payee).OpenWalletAsync();
        var client = _service.ClientOf(payer);

        await client.DepositAsync(from, 100);
        await client.PostAsync(
            "/transfers", new { from, to, amount = 30, currency = "EUR" },
            payeesShard == 0 ? HttpStatusCode.Created : HttpStatusCode.Accepted);

        await payersEvents.UntilAsync(payerIsTold.Split(", ")[^1]);
        var received = await payeesEvents.UntilAsync("money-received");
        Assert.Equal(payerIsTold, string.Join(", ", payersEvents.Types));
        Assert.Equal(payeeIsTold, string.Join(", ", payeesEvents.Types));
        var payload = JsonElement.Parse(received.Data).GetProperty("payload");
        Assert.Equal((30, 30), (payload.Long("amount"), payload.Long("balance")));
    }

    [Fact]
    public async Task A_read_with_the_token_of_an_event_sees_what_the_event_tells_of()
    {
        var subject = TestService.NewSubject();
        await using var events = new EventClient(subject);
        await events.ConnectAsync(_service);
        await events.UntilAsync("ready");
        var wallet = await _service.ClientOf(subject).OpenWalletAsync();
        await using (await PausedReplica.PauseAsync(_service.Databases))
        {
            await _service.ClientOf(subject).DepositAsync(wallet, 100);
            var told = await events.UntilAsync("deposit");

            var reader = _service.ClientOf(subject);
            Assert.Equal(0, await BalanceAsync(reader)); // Without the token the replica answers, which is behind.
            reader.DefaultRequestHeaders.Add(
                "Sync-Token", JsonElement.Parse(told.Data).Text("syncToken"));
            Assert.Equal(100, await BalanceAsync(reader));
        }

        async Task<long> BalanceAsync(HttpClient client) =>
            (await client.GetAsync($"/wallets/{wallet}", HttpStatusCode.OK)).Long("balance");
    }
}
