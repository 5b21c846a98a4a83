namespace Fixtures;

/// <summary>A user with one wallet, on a shard of the test's choice.</summary>
internal sealed class Person
{
    private Person(HttpClient client, string wallet) => (Client, Wallet) = (client, wallet);

    public HttpClient Client { get; }

    public string Wallet { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<Person> ComeAsync(TestService service, int shard, long balance = 0, string currency = "EUR")
    {
        var client = service.ClientOf(TestService.NewSubject(shard));
        var person = new Person(client, await client.OpenWalletAsync(currency));
        if (balance > 0)
        {
            await client.PostAsync($"/wallets/{person.Wallet}/deposits", new { amount = balance, currency }, HttpStatusCode.OK);
        }

        return person;
    }

    /// <summary>One on shard 0 who has money, and one who has none.</summary>
    public static async Task<(Person Payer, Person Payee)> PairAsync(TestService service, int payeesShard, long balance = 100) =>
        (await ComeAsync(service, shard: 0, balance), await ComeAsync(service, payeesShard));

    public Task<HttpResponseMessage> PayAsync(string to, long amount, string currency = "EUR", string? key = null) =>
        Client.SendAsync(HttpMethod.Post, "/transfers", new { from = Wallet, to, amount, currency }, ("Idempotency-Key", key));

    /// <summary>Pays and expects that it is done or accepted.</summary>
    public async Task<JsonElement> PaidAsync(string to, long amount, HttpStatusCode status = HttpStatusCode.Created) =>
        await HttpAssert.JsonAsync(await PayAsync(to, amount), status);

    public Task<HttpResponseMessage> SetHandleAsync(string handle) => Client.SetHandleAsync(handle, Wallet);

    public Task<HttpResponseMessage> SendAsync(string path, string json, string key) => Client.SendAsync(
        new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new StringContent(json, Encoding.UTF8, "application/json"),
            Headers = { { "Idempotency-Key", key } },
        },
        Cancellation);

    /// <summary>The transfer once it has ended.</summary>
    public async Task<JsonElement> EndOfAsync(HttpResponseMessage accepted)
    {
        while (true)
        {
            var response = await Client.GetAsync(accepted.Headers.Location, Cancellation);

            // A replica that is a moment behind may not have it yet.
            if (response.StatusCode != HttpStatusCode.NotFound)
            {
                var transfer = await HttpAssert.JsonAsync(response, HttpStatusCode.OK);
                if (transfer.GetProperty("status").GetString() != "reserved")
                {
                    return transfer;
                }
            }

            await Task.Delay(10, Cancellation);
        }
    }

    /// <summary>What can be spent, and what is reserved, once the replica has caught up.</summary>
    public async Task<(long Balance, long Pending)> HoldsAsync(TestService service)
    {
        await service.Databases.ReplicaHasCaughtUpAsync();
        var wallet = await Client.GetAsync($"/wallets/{Wallet}", HttpStatusCode.OK);
        return (wallet.Long("balance"), wallet.Long("pending"));
    }
}
