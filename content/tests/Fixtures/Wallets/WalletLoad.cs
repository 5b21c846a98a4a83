namespace Fixtures;

/// <summary>Users who make requests of every kind, one after the other, until they are stopped.</summary>
internal sealed class WalletLoad : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _failures = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Person[] _payees;
    private readonly Task[] _users;
    private long _slowest;
    private int _rounds;
    private int _answers;

    private WalletLoad(TestService service, Person[] payees, int users)
    {
        _payees = payees;
        _users = [
            .. Enumerable.Range(0, users).Select(user => Task.Run(() => GoOnAsync(service, shard: user % 2), Cancellation))];
    }

    public int Answers => _answers;

    public TimeSpan Slowest => TimeSpan.FromTicks(Interlocked.Read(ref _slowest));

    /// <summary>Requests that were answered with 500 or above, and their answers.</summary>
    public IReadOnlyCollection<string> Failures => _failures;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>A service that does not limit their rate.</summary>
    public static TestService Service(TestDatabases databases) => new(
        databases, ("Postgres:MaxPoolSize", "4"), ("Postgres:ReplicaPoolSize", "4"), ("RateLimits:PerSecond", "10000"),
        ("RateLimits:Burst", "10000"));

    public static async Task<WalletLoad> StartAsync(TestService service, int users = 4)
    {
        var payees = new[] { await Person.ComeAsync(service, shard: 0), await Person.ComeAsync(service, shard: 1) };
        return new WalletLoad(service, payees, users);
    }

    /// <summary>Waits for some rounds of each kind of request.</summary>
    public async Task ProgressAsync(int rounds)
    {
        var goal = Volatile.Read(ref _rounds) + rounds;
        await Eventually.TrueAsync(() => Volatile.Read(ref _rounds) >= goal || _users.Any(user => user.IsCompleted), seconds: 60);
    }

    /// <summary>Ends when all are answered.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_users);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stopping.Dispose();
    }

    private async Task GoOnAsync(TestService service, int shard)
    {
        var user = await Person.ComeAsync(service, shard, balance: 1_000_000);
        for (; !_stopping.IsCancellationRequested; Interlocked.Increment(ref _rounds))
        {
            await LookAsync(() => user.Client.PostAsJsonAsync("/wallets", new { currency = "EUR" }, Cancellation));
            await LookAsync(() => user.PayAsync(_payees[_rounds % 2].Wallet, 1));
            await LookAsync(() => user.SendAsync(
                $"/wallets/{user.Wallet}/deposits", """{"amount":1,"currency":"EUR"}""", $"{Guid.NewGuid()}"));
            await LookAsync(() => user.Client.PutAsJsonAsync(
                "/payees/me", new { handle = $"u{Guid.NewGuid():N}"[..20], wallet = user.Wallet }, Cancellation));
            var line = $$"""{"id":"{{Guid.NewGuid()}}","kind":"click","createdAt":"2026-01-05T10:00:00Z","payload":{"n":1} }""";
            await LookAsync(() => user.Client.PostAsync(
                "/activity", new StringContent(line, Encoding.UTF8, "application/x-ndjson"), Cancellation));
            string[] paths =
                ["/wallets", $"/wallets/{user.Wallet}", $"/wallets/{user.Wallet}/entries", "/transfers", "/activity"];
            foreach (var path in paths)
            {
                await LookAsync(() => user.Client.GetAsync(path, Cancellation));
            }
        }
    }

    private async Task LookAsync(Func<Task<HttpResponseMessage>> request)
    {
        var sent = Stopwatch.GetTimestamp();
        using var answer = await request();
        var took = Stopwatch.GetElapsedTime(sent).Ticks;
        for (var slowest = _slowest; took > slowest;)
        {
            slowest = Interlocked.CompareExchange(ref _slowest, took, slowest);
        }

        Interlocked.Increment(ref _answers);
        if ((int)answer.StatusCode >= 500)
        {
            _failures.Enqueue($"{answer.RequestMessage!.Method} {answer.RequestMessage.RequestUri} {(int)answer.StatusCode} "
                + await answer.Content.ReadAsStringAsync(Cancellation));
        }
    }
}
