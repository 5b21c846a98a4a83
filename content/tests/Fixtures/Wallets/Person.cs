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
        var wallet = await client.PostAsync("/wallets", new { currency }, HttpStatusCode.Created);
        var person = new Person(client, wallet.GetProperty("id").GetString()!);
        if (balance > 0)
        {
            await client.PostAsync($"/wallets/{person.Wallet}/deposits", new { amount = balance, currency }, HttpStatusCode.OK);
        }

        return person;
    }

    public Task<HttpResponseMessage> PayAsync(string to, long amount, string currency = "EUR", string? key = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/transfers")
        {
            Content = JsonContent.Create(new { from = Wallet, to, amount, currency }),
        };
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        return Client.SendAsync(request, Cancellation);
    }

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
        return (wallet.GetProperty("balance").GetInt64(), wallet.GetProperty("pending").GetInt64());
    }
}
