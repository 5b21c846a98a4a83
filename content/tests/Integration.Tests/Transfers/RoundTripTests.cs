namespace Integration.Tests.Transfers;

/// <summary>How often a hot write asks a server and waits for its answer.</summary>
public sealed class RoundTripTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    [Fact]
    public async Task Opening_a_wallet_is_one_round_trip()
    {
        using var alice = fixture.Service.ClientOf(TestService.NewSubject());

        Assert.Equal(1, await CountAsync(alice, "/wallets", new { currency = "EUR" }));
    }

    [Fact]
    public async Task A_deposit_is_two_round_trips()
    {
        using var alice = fixture.Service.ClientOf(TestService.NewSubject());
        var wallet = await alice.OpenWalletAsync();

        Assert.Equal(2, await CountAsync(alice, $"/wallets/{wallet}/deposits", new { amount = 5, currency = "EUR" }));
    }

    /// <summary>The first one asks for the payee.</summary>
    [Fact]
    public async Task A_transfer_within_a_shard_is_three_round_trips()
    {
        using var alice = fixture.Service.ClientOf(TestService.NewSubject());
        using var bob = fixture.Service.ClientOf(TestService.NewSubject());
        var (from, to) = (await alice.OpenWalletAsync(), await bob.OpenWalletAsync());
        await alice.DepositAsync(from, 500);

        Assert.Equal(3, await CountAsync(alice, "/transfers", new { from, to, amount = 5, currency = "EUR" }));
    }

    /// <summary>Of the second request: a connection that has not prepared a statement yet asks once more.</summary>
    private static async Task<int> CountAsync(HttpClient client, string path, object body)
    {
        for (var n = 0; ; n++)
        {
            using var trips = new RoundTrips();
            var answer = await client.SendAsync(HttpMethod.Post, path, body, ("traceparent", trips.TraceParent));
            var isDeposit = path.EndsWith("deposits", StringComparison.Ordinal);
            Assert.Equal(isDeposit ? HttpStatusCode.OK : HttpStatusCode.Created, answer.StatusCode);
            if (n == 1)
            {
                return trips.All.Length;
            }
        }
    }
}
