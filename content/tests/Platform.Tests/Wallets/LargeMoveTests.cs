using System.Globalization;
using Migrator.Moves;

namespace Platform.Tests.Wallets;

/// <summary>
/// A bucket with many entries moves under load. <c>MOVE_ENTRIES</c> says how many, <c>MOVE_SECONDS</c> for how long the load is
/// measured before the move.
/// </summary>
[Collection(nameof(Timed))]
public sealed class LargeMoveTests(ServersFixture fixture) : IClassFixture<ServersFixture>
{
    private const int Bucket = 5;
    private const int Users = 10;

    private readonly ConcurrentDictionary<string, ConcurrentQueue<double>> _times = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_large_bucket_moves_while_its_users_and_all_others_go_on()
    {
        var entries = Number("MOVE_ENTRIES", 20_000);
        var databases = await fixture.Servers.CreateDatabasesAsync();
        await using var service = new TestService(
            databases, ("RateLimits:Burst", "1000000"), ("RateLimits:PerSecond", "1000000"));
        var moved = await OpenAsync(service, isMoved: true);
        var others = await OpenAsync(service, isMoved: false);
        await FillAsync(databases, entries);
        using var enough = new CancellationTokenSource();
        var load = LoadAsync(service, moved, others, enough.Token);
        await Task.Delay(TimeSpan.FromSeconds(Number("MOVE_SECONDS", 4)), Cancellation);

        var before = TakeTimes();
        using var watching = new CancellationTokenSource();
        var ages = WatchAsync(databases, watching.Token);
        var watch = Stopwatch.StartNew();
        var result = await new BucketMover(databases.OwnerConfiguration(), new MoveOptions(), (step, line) =>
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"{watch.Elapsed.TotalSeconds:0.0} s {step}: {line}");
            return Task.CompletedTask;
        }).MoveAsync(Bucket, "shard1", Cancellation);
        await watching.CancelAsync();
        var (oldest, oldestWriting) = await ages;
        var during = TakeTimes();
        await enough.CancelAsync();
        var deposits = await load;

        Report(string.Create(
            CultureInfo.InvariantCulture,
            $"{entries} entries: {watch.Elapsed.TotalSeconds:0.0} s, writes refused for {result.Closed.TotalMilliseconds:0} ms; "
            + $"oldest transaction {oldest * 1000:0} ms, of those that write {oldestWriting * 1000:0} ms"));
        foreach (var kind in before.Keys.Order(StringComparer.Ordinal))
        {
            Report(string.Create(
                CultureInfo.InvariantCulture,
                $"{kind}: p50 {before[kind].Half:0.0} ms before and {during[kind].Half:0.0} during, p99 "
                + $"{before[kind].Most:0.0} and {during[kind].Most:0.0}, "
                + $"longest {before[kind].Longest:0.0} and {during[kind].Longest:0.0}, {during[kind].Count} times"));
        }

        Assert.True(result.Outcome == MoveOutcome.Done, result.Message);
        Assert.InRange(result.Closed.TotalSeconds, 0.001, 2);
        Assert.InRange(oldestWriting, 0, 1);
        Assert.True(deposits > 20, $"{deposits} deposits are no load.");
        Assert.Equal(deposits + entries, await databases.ScalarAsync<decimal>(
            "shard1", $"SELECT sum(balance) FROM wallets WHERE bucket_of(owner_id) = {Bucket}"));
        Assert.Equal(
            0, await databases.ScalarAsync<long>("shard0", $"SELECT count(*) FROM entries WHERE bucket_of(owner_id) = {Bucket}"));
    }

    private static int Number(string name, int usual) =>
        int.Parse(Environment.GetEnvironmentVariable(name) ?? $"{usual}", CultureInfo.InvariantCulture);

    private static void Report(string line) => TestContext.Current.SendDiagnosticMessage("{0}", line);

    private static async Task<(HttpClient Client, string Wallet)[]> OpenAsync(TestService service, bool isMoved)
    {
        var people = new List<(HttpClient, string)>();
        while (people.Count < Users)
        {
            var subject = TestService.NewSubject();
            if (TestService.UserOf(subject).Bucket.Value == Bucket == isMoved)
            {
                var client = service.ClientOf(subject);
                var opened = await client.PostAsync("/wallets", new { currency = "EUR" }, HttpStatusCode.Created);
                people.Add((client, $"/wallets/{opened.GetProperty("id").GetString()}"));
            }
        }

        return [.. people];
    }

    /// <summary>Entries of one cent each for the wallets of the bucket.</summary>
    private static async Task FillAsync(TestDatabases databases, int entries)
    {
        const int AtOnce = 100_000;
        for (var left = entries / Users; left > 0; left -= AtOnce / Users)
        {
            var some = Math.Min(left, AtOnce / Users);
            await databases.ExecuteAsync("shard0", $"""
                INSERT INTO entries (owner_id, wallet_id, account, version, id, transfer_id, kind, amount, balance, created_at)
                SELECT owner_id, id, 1, version + n, gen_random_uuid(), gen_random_uuid(), 1, 1, balance + n, now()
                FROM wallets, generate_series(1, {some}) n WHERE bucket_of(owner_id) = {Bucket};
                UPDATE wallets SET balance = balance + {some}, version = version + {some} WHERE bucket_of(owner_id) = {Bucket};
                """);
        }

        await databases.ExecuteAsync("shard0", "ANALYZE");
        await databases.ExecuteAsync("shard0", "CHECKPOINT");
        await databases.ReplicaHasCaughtUpAsync();
    }

    /// <summary>50 deposits a second by the bucket's users, and what others do.</summary>
    /// <returns>How much the bucket's users have deposited, by the answers.</returns>
    private async Task<int> LoadAsync(
        TestService service, (HttpClient Client, string Wallet)[] moved, (HttpClient Client, string Wallet)[] others,
        CancellationToken enough)
    {
        var deposits = 0;
        var body = new { amount = 1, currency = "EUR" };
        var loops = moved.Select(user => RepeatAsync("the bucket's deposits", 200, async () =>
        {
            for (var isDone = false; !isDone;)
            {
                using var answer = await user.Client.PostAsJsonAsync($"{user.Wallet}/deposits", body, Cancellation);
                isDone = answer.StatusCode == HttpStatusCode.OK;
                Assert.True(isDone || answer.StatusCode == HttpStatusCode.ServiceUnavailable, $"{answer.StatusCode}");
            }

            Interlocked.Increment(ref deposits);
        })).ToList();
        loops.AddRange(others.Take(4).Select(user => RepeatAsync(
            "others' deposits", 100, () => user.Client.PostAsync($"{user.Wallet}/deposits", body, HttpStatusCode.OK))));
        loops.AddRange(others.Take(4)
            .Select(user => RepeatAsync("others' reads", 50, () => user.Client.GetAsync(user.Wallet, HttpStatusCode.OK))));
        var subject = TestService.NewSubject();
        await using var events = new EventClient(subject);
        await events.ConnectAsync(service);
        await events.UntilAsync("ready");
        var number = 0;
        loops.Add(RepeatAsync("others' events", 50, async () =>
        {
            await service.PublishAsync(TestService.UserOf(subject), ++number);
            await events.UntilCountAsync(number);
        }));
        await Task.WhenAll(loops);
        return deposits;

        async Task RepeatAsync(string kind, int milliseconds, Func<Task> act)
        {
            await Task.Delay(Random.Shared.Next(milliseconds), CancellationToken.None);
            while (!enough.IsCancellationRequested)
            {
                var watch = Stopwatch.StartNew();
                await act();
                _times.GetOrAdd(kind, _ => []).Enqueue(watch.Elapsed.TotalMilliseconds);
                await Task.Delay(Math.Max(0, milliseconds - (int)watch.ElapsedMilliseconds), CancellationToken.None);
            }
        }
    }

    private Dictionary<string, (double Half, double Most, double Longest, int Count)> TakeTimes()
    {
        var taken = _times.ToDictionary(kind => kind.Key, kind => kind.Value.Order().ToArray());
        _times.Clear();
        return taken.ToDictionary(kind => kind.Key, kind => (kind.Value[^((kind.Value.Length / 2) + 1)],
            kind.Value[^((kind.Value.Length / 100) + 1)], kind.Value[^1], kind.Value.Length));
    }

    /// <returns>
    /// The highest age in seconds of a transaction of the move, and of one that has a number and so holds back events.
    /// </returns>
    private static async Task<(double Any, double Writing)> WatchAsync(TestDatabases databases, CancellationToken enough)
    {
        await using var connection = new NpgsqlConnection(
            $"{databases.ConnectionString("shard0", DatabaseRoles.Superuser)};Pooling=false");
        await connection.OpenAsync(Cancellation);
        var (any, writing) = (0.0, 0.0);
        while (!enough.IsCancellationRequested)
        {
            await using (var look = new NpgsqlCommand(
                """
                SELECT coalesce(extract(epoch FROM max(clock_timestamp() - xact_start)), 0)::float8,
                       coalesce(extract(epoch FROM max(clock_timestamp() - xact_start) FILTER (WHERE backend_xid IS NOT NULL)), 0)::float8
                FROM pg_stat_activity WHERE usename = 'owner'
                """,
                connection))
            await using (var row = await look.ExecuteReaderAsync(Cancellation))
            {
                await row.ReadAsync(Cancellation);
                (any, writing) = (Math.Max(any, row.GetDouble(0)), Math.Max(writing, row.GetDouble(1)));
            }

            await Task.Delay(20, CancellationToken.None);
        }

        return (any, writing);
    }
}
