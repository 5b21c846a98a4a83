using Migrator.Migrations;
using Migrator.Moves;

namespace Platform.Tests.Wallets;

public sealed class WalletMoveTests(ServersFixture fixture) : IClassFixture<ServersFixture>
{
    private const int Bucket = 5;

    private int _refused;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>
    /// To another shard, to one that was added, and back, with two instances that learn of it by being refused.
    /// </summary>
    [Fact]
    public async Task A_bucket_moves_under_load_and_no_request_fails_and_no_deposit_is_lost()
    {
        var databases = await fixture.Servers.CreateDatabasesAsync(addedShard: "shard2");
        await new MigrationRun(databases.OwnerConfiguration(), NullLogger<MigrationRun>.Instance).RunAsync(Cancellation);
        await using var one = new TestService(databases, ("RateLimits:Burst", "1000000"));
        await using var other = new TestService(databases, ("RateLimits:Burst", "1000000"));

        var subjects = Enumerable.Range(0, 4).Select(_ => NewSubject()).ToArray();
        var wallets = new List<string>();
        foreach (var subject in subjects)
        {
            var opened = await one.ClientOf(subject).PostAsync("/wallets", new { currency = "EUR" }, HttpStatusCode.Created);
            wallets.Add($"/wallets/{opened.GetProperty("id").GetString()}");
        }

        await databases.ReplicaHasCaughtUpAsync();
        using var enough = new CancellationTokenSource();
        var clients =
            from service in new[] { one, other }
            from user in Enumerable.Range(0, subjects.Length)
            select Task.Run(() => DepositAsync(service.ClientOf(subjects[user]), wallets[user], enough.Token), Cancellation);
        var loads = clients.ToArray();

        var (epoch, longest) = (1, TimeSpan.Zero);
        foreach (
            var (from, to) in new[] { ("shard0", "shard1"), ("shard1", "shard2"), ("shard2", "shard0"), ("shard0", "shard1") })
        {
            epoch++;
            var options = new MoveOptions { KeepFor = TimeSpan.FromMilliseconds(300) };
            var result = await new BucketMover(databases.OwnerConfiguration(), options, (_, _) => Task.CompletedTask)
                .MoveAsync(Bucket, to, Cancellation);

            TestContext.Current.TestOutputHelper?.WriteLine(result.Message);
            Assert.True(result.Outcome == MoveOutcome.Done, result.Message);
            longest = result.Closed > longest ? result.Closed : longest;
            Assert.Equal(0, await databases.ScalarAsync<long>(
                from, "SELECT (SELECT count(*) FROM wallets) + (SELECT count(*) FROM entries)"));
            Assert.Equal(epoch, await databases.ScalarAsync<long>(to, $"SELECT epoch FROM bucket_owner WHERE bucket = {Bucket}"));
        }

        await enough.CancelAsync();
        var deposited = (await Task.WhenAll(loads)).Sum();
        TestContext.Current.TestOutputHelper?.WriteLine($"{deposited} deposits.");
        Assert.True(_refused == 0 || longest > TimeSpan.FromSeconds(1), $"{_refused} requests failed.");
        Assert.True(deposited > 100, $"Only {deposited} deposits, which is no load.");
        Assert.Equal(deposited, await databases.ScalarAsync<decimal>("shard1", "SELECT sum(balance) FROM wallets"));
    }

    /// <returns>How much was deposited, by what the answers say.</returns>
    private async Task<long> DepositAsync(HttpClient client, string wallet, CancellationToken enough)
    {
        long deposited = 0;
        while (!enough.IsCancellationRequested)
        {
            using var answer = await client.PostAsJsonAsync(
                $"{wallet}/deposits", new { amount = 1, currency = "EUR" }, Cancellation);
            if (answer.StatusCode == HttpStatusCode.ServiceUnavailable)
            {
                // The bucket was closed for longer than the service tries again.
                Interlocked.Increment(ref _refused);
                continue;
            }

            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            deposited++;
            await client.GetAsync(wallet, HttpStatusCode.OK);
        }

        return deposited;
    }

    private static string NewSubject()
    {
        while (true)
        {
            var subject = TestService.NewSubject();
            if (TestService.UserOf(subject).Bucket.Value == Bucket)
            {
                return subject;
            }
        }
    }
}
