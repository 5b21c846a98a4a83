using Platform.Tests.Pooler;

namespace Platform.Tests.Wallets;

/// <summary>Requests go through PgBouncer, which gives each transaction one of two sessions.</summary>
public sealed class WalletPoolerTests(ServersFixture fixture) : IClassFixture<ServersFixture>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [PgBouncerFact]
    public Task Writes_reads_with_their_token_and_transfers_go_through_a_transaction_pooler() => RunAsync("Plain");

    [PgBouncerFact(prepared: true)]
    public Task The_same_with_prepared_statements_goes_through_a_pooler_that_knows_them() => RunAsync("Prepared");

    private async Task RunAsync(string pooler)
    {
        const int Users = 8;
        const int Rounds = 10;
        var databases = await fixture.Servers.CreateDatabasesAsync();
        await using var bouncer = await PgBouncer.StartAsync(databases);
        using var directory = new TestDirectory();
        await using var api = new ApiInstance("api", directory.Path, bouncer.Settings(pooler));
        await api.StartAsync(Cancellation);

        var users = await Task.WhenAll(Enumerable.Range(0, Users).Select(n => User.ComeAsync(api, shard: n % 2)));
        var replicaReads = await Task.WhenAll(users.Select(
            (user, n) => RoundsAsync(user, ofOtherShard: users[(n + 1) % Users], ofThisShard: users[(n + 2) % Users])));
        await Task.WhenAll(users.Select(user => user.UploadAsync(rows: 6_000))); // By COPY into a temporary table of the session.

        Assert.True(replicaReads.Sum() > 0, "No read was answered by the replica.");
        await Eventually.TrueAsync(async () =>
            (await Task.WhenAll(users.Select(user => user.BalanceAsync(token: null)))).Sum() == Users * Rounds * 10);
        // The instance has more connections than that to PgBouncer.
        var sessions = await databases.ScalarAsync<long>(
            "shard0", "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'app_rw'");
        Assert.InRange(sessions, 1, PgBouncer.Sessions);

        static async Task<int> RoundsAsync(User user, User ofOtherShard, User ofThisShard)
        {
            var fromReplica = 0;
            for (var round = 1; round <= Rounds; round++)
            {
                var before = await user.BalanceAsync(token: null);
                var token = await user.SendAsync(
                    $"/wallets/{user.Wallet}/deposits", new { amount = 10, currency = "EUR" }, HttpStatusCode.OK);
                // Others pay in meanwhile, and nobody takes out but this user.
                Assert.True(await user.BalanceAsync(token) >= before + 10, "A read with a token has missed the deposit.");
                fromReplica += user.WasReplica ? 1 : 0;
                await user.SendAsync("/transfers", Transfer(user, ofThisShard), HttpStatusCode.Created);
                await user.SendAsync("/transfers", Transfer(user, ofOtherShard), HttpStatusCode.Accepted);
            }

            return fromReplica;
        }

        static object Transfer(User from, User to) => new { from = from.Wallet, to = to.Wallet, amount = 1, currency = "EUR" };
    }

    private sealed class User(HttpClient client)
    {
        public string Wallet { get; private set; } = "";

        public bool WasReplica { get; private set; }

        public static async Task<User> ComeAsync(ApiInstance api, int shard)
        {
            var user = new User(api.ClientOf(TestService.NewSubject(shard)));
            await user.SendAsync("/wallets", new { currency = "EUR" }, HttpStatusCode.Created);
            return user;
        }

        /// <summary>Returns the Sync-Token of the answer.</summary>
        public async Task<string> SendAsync(string path, object body, HttpStatusCode expected)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
            request.Headers.Add("Idempotency-Key", $"{Guid.NewGuid()}");
            using var answer = await client.SendAsync(request, Cancellation);
            var text = await answer.Content.ReadAsStringAsync(Cancellation);
            Assert.True(answer.StatusCode == expected, $"{path}: {answer.StatusCode} {text}");
            Wallet = path == "/wallets" ? JsonDocument.Parse(text).RootElement.GetProperty("id").GetString()! : Wallet;
            return Assert.Single(answer.Headers.GetValues("Sync-Token"));
        }

        public async Task UploadAsync(int rows)
        {
            var lines = Enumerable.Range(0, rows).Select(_ =>
                $$$"""{"id":"{{{Guid.NewGuid()}}}","kind":"click","createdAt":"2026-01-05T10:00:00Z","payload":{}}""");
            using var body = new StringContent(string.Join('\n', lines), Encoding.UTF8, "application/x-ndjson");
            using var answer = await client.PostAsync(new Uri("/activity", UriKind.Relative), body, Cancellation);
            Assert.Equal(rows, (await HttpAssert.JsonAsync(answer, HttpStatusCode.OK)).GetProperty("accepted").GetInt32());
        }

        public async Task<long> BalanceAsync(string? token)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/wallets/{Wallet}");
            if (token is not null)
            {
                request.Headers.Add("Sync-Token", token);
            }

            using var answer = await client.SendAsync(request, Cancellation);
            var wallet = await HttpAssert.JsonAsync(answer, HttpStatusCode.OK);
            WasReplica = answer.ServerTiming() == "db;desc=\"replica\"";
            return wallet.GetProperty("balance").GetInt64();
        }
    }
}
