using System.Net.Http.Headers;

namespace Platform.Tests.Bank;

/// <summary>People with money, and those whom they cannot pay. Each client has its own random numbers.</summary>
internal sealed class BankClients(IBank bank, BankHistory history, int seed, Func<double> weather)
{
    private const string Currency = "EUR";

    /// <summary>How long to wait for an answer once things may break.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(8);

    private readonly List<BankWallet> _people = [];
    private readonly List<BankWallet> _unpayable = [];
    private TimeSpan _patience = TimeSpan.FromSeconds(60);

    public IReadOnlyList<BankWallet> People => _people;

    /// <summary>Wallets that are frozen, closed, or hold another currency.</summary>
    public IReadOnlyList<BankWallet> Unpayable => _unpayable;

    /// <summary>Opens wallets on each shard and pays into them. Nothing must be broken yet.</summary>
    public async Task OpenAsync(int perShard, long deposit, CancellationToken cancellationToken)
    {
        for (var n = 0; n < perShard * 2; n++)
        {
            var wallet = await OpenAsync($"person{n}", n % 2, Currency, $"person-{n}", cancellationToken);
            _people.Add(wallet);
            await DoAsync(history.New(OperationKind.Deposit, wallet, deposit, Currency), new Random(seed + n), settle: true,
                cancellationToken);
        }

        for (var shard = 0; shard < 2; shard++)
        {
            var frozen = await OpenAsync($"frozen{shard}", shard, Currency, $"frozen-{shard}", cancellationToken);
            await PostAsync(frozen.Subject, $"/wallets/{frozen.Id}/freeze", null, cancellationToken);
            var closed = await OpenAsync($"closed{shard}", shard, Currency, $"closed-{shard}", cancellationToken);
            await PostAsync(closed.Subject, $"/wallets/{closed.Id}/close", null, cancellationToken);
            _unpayable.AddRange(
                [frozen, closed, await OpenAsync($"dollars{shard}", shard, "USD", $"dollars-{shard}", cancellationToken)]);
        }

        _patience = Timeout;
    }

    /// <summary>One client, until it is cancelled or has done so many operations.</summary>
    public async Task RunAsync(int client, int operations, CancellationToken cancellationToken)
    {
        var random = new Random((seed * 1000) + client);
        for (var n = 0; n < operations && !cancellationToken.IsCancellationRequested; n++)
        {
            switch (random.Next(100))
            {
                case < 3:
                    await ToggleAsync(random, cancellationToken);
                    break;
                case < 8:
                    await LookAsync(random, cancellationToken);
                    break;
                case < 14:
                    await DoAsync(history.New(OperationKind.Deposit, Any(_people, random), 1_000, Currency), random,
                        settle: false, cancellationToken);
                    break;
                default:
                    await DoAsync(NewTransfer(random), random, settle: false, cancellationToken);
                    break;
            }
        }
    }

    /// <summary>
    /// Repeats what has no certain answer, until it has, and some of the rest. To be called when all is healed.
    /// </summary>
    public async Task SettleAsync(CancellationToken cancellationToken)
    {
        var random = new Random(seed);
        foreach (var person in _people)
        {
            await SendUntilAsync(
                () => PostAsync(person.Subject, $"/wallets/{person.Id}/unfreeze", null, cancellationToken), cancellationToken);
        }

        var answered = history.Operations.Where(operation => operation.Outcome == Outcome.Acknowledged).ToArray();
        random.Shuffle(answered);
        await Parallel.ForEachAsync(
            history.Operations.Where(operation => operation.Outcome == Outcome.Unknown).Concat(answered.Take(40)),
            new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellationToken },
            async (operation, token) => await DoAsync(operation, new Random(seed), settle: true, token));
    }

    public Operation NewTransfer(BankWallet from, BankWallet to, long atLeast) =>
        history.New(OperationKind.Transfer, from, atLeast, Currency, $"{to.Id}", to);

    /// <summary>Sends a request, and again with the same key while nobody knows what became of it.</summary>
    /// <param name="settle">Until it is answered; otherwise a few times.</param>
    public async Task DoAsync(Operation operation, Random random, bool settle, CancellationToken cancellationToken)
    {
        var repeats = random.NextDouble() < 0.02 ? 1 : 0;
        for (var attempt = 1; ; attempt++)
        {
            Attempt last;
            if (random.NextDouble() < weather())
            {
                var both = await Task.WhenAll(
                    SendAsync(operation, new Random(random.Next()), cancellationToken),
                    SendAsync(operation, new Random(random.Next()), cancellationToken));
                last = both[1];
            }
            else
            {
                last = await SendAsync(operation, random, cancellationToken);
            }

            if (last.Outcome == Outcome.Unknown)
            {
                if (!settle && (attempt > 3 || random.Next(3) == 0 || cancellationToken.IsCancellationRequested))
                {
                    return;
                }

                cancellationToken.ThrowIfCancellationRequested();
                await Task.Delay(random.Next(20, settle ? 300 : 100), CancellationToken.None);
            }
            else if (repeats-- == 0)
            {
                operation.IsSettled = settle;
                return;
            }
        }
    }

    private static BankWallet Any(List<BankWallet> wallets, Random random) => wallets[random.Next(wallets.Count)];

    private Operation NewTransfer(Random random)
    {
        var from = Any(_people, random);
        var payee = random.Next(10) == 0 ? Any(_unpayable, random) : Any(_people, random);
        var currency = random.Next(40) == 0 ? "USD" : Currency;
        var atLeast = random.Next(25) == 0 ? 100_000_000 : 0;
        return random.Next(40) == 0
            ? history.New(OperationKind.Transfer, from, atLeast, currency, "nobody-has-this")
            : history.New(
                OperationKind.Transfer, from, atLeast, currency,
                payee.Handle is { } handle && random.Next(2) == 0 ? handle : $"{payee.Id}", payee);
    }

    /// <summary>Freezes a wallet for a moment, so that sagas are refused that had been right when they began.</summary>
    private async Task ToggleAsync(Random random, CancellationToken cancellationToken)
    {
        var person = Any(_people, random);
        await PostAsync(person.Subject, $"/wallets/{person.Id}/freeze", null, cancellationToken);
        await PostAsync(person.Subject, $"/wallets/{person.Id}/unfreeze", null, cancellationToken);
    }

    /// <summary>Reads, and looks whether all of it is the reader's own.</summary>
    private async Task LookAsync(Random random, CancellationToken cancellationToken)
    {
        var person = Any(_people, random);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/wallets");
        var answer = await SendAsync(request, person.Subject, random, cancellationToken);
        if (answer.Status == HttpStatusCode.OK)
        {
            foreach (var wallet in JsonElement.Parse(answer.Body).GetProperty("items").EnumerateArray())
            {
                var id = wallet.GetProperty("id").GetGuid();
                if (id != person.Id)
                {
                    history.Surprise($"{person.Subject} saw wallet {id}, which is somebody else's.");
                }

                if (wallet.GetProperty("balance").GetInt64() < 0)
                {
                    history.Surprise($"{person.Subject} saw a negative balance.");
                }
            }
        }
    }

    private async Task<BankWallet> OpenAsync(
        string name, int shard, string currency, string handle, CancellationToken cancellationToken)
    {
        var subject = Enumerable.Range(0, int.MaxValue).Select(n => $"{name}-{seed}-{n}")
            .First(subject => TestService.UserOf(subject).Bucket.Value / (Bucket.Count / 2) == shard);
        var opened = await PostAsync(subject, "/wallets", new { currency }, cancellationToken);
        Assert.True(opened.Status == HttpStatusCode.Created, opened.ToString());
        var id = JsonElement.Parse(opened.Body).GetProperty("id").GetGuid();
        using var put = new HttpRequestMessage(HttpMethod.Put, "/payees/me");
        put.Content = JsonContent.Create(new { handle, wallet = id });
        var named = await SendAsync(put, subject, new Random(seed), cancellationToken);
        Assert.True(named.Status == HttpStatusCode.OK, named.ToString());
        return new BankWallet(id, subject, TestService.UserOf(subject).Value, shard, currency, handle);
    }

    private async Task<Attempt> SendAsync(Operation operation, Random random, CancellationToken cancellationToken)
    {
        using var request = operation.Kind == OperationKind.Deposit
            ? Post($"/wallets/{operation.Wallet.Id}/deposits", new { operation.Amount, operation.Currency })
            : Post("/transfers", new { from = operation.Wallet.Id, operation.To, operation.Amount, operation.Currency });
        request.Headers.Add("Idempotency-Key", operation.Key);
        using var dropped = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (random.NextDouble() < weather())
        {
            // Others overtake it.
            await Task.Delay(random.Next(50), CancellationToken.None);
        }

        if (random.NextDouble() < weather())
        {
            dropped.CancelAfter(random.Next(1, 30));
        }

        var attempt = await SendAsync(request, operation.Wallet.Subject, random, dropped.Token);
        history.Add(operation, attempt);
        return attempt;
    }

    private async Task<Attempt> PostAsync(string subject, string path, object? body, CancellationToken cancellationToken)
    {
        using var request = Post(path, body);
        return await SendAsync(request, subject, new Random(seed), cancellationToken);
    }

    private static HttpRequestMessage Post(string path, object? body) =>
        new(HttpMethod.Post, path) { Content = body is null ? null : JsonContent.Create(body) };

    private async Task<Attempt> SendAsync(
        HttpRequestMessage request, string subject, Random random, CancellationToken cancellationToken)
    {
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bank.Token(subject));
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(_patience);
        try
        {
            using var response = await bank.Client(random).SendAsync(request, timeout.Token);
            return new Attempt(response.StatusCode, await response.Content.ReadAsStringAsync(timeout.Token));
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or IOException)
        {
            return Attempt.Lost;
        }
    }

    private static async Task SendUntilAsync(Func<Task<Attempt>> send, CancellationToken cancellationToken)
    {
        while ((await send()).Outcome == Outcome.Unknown)
        {
            await Task.Delay(100, cancellationToken);
        }
    }
}
