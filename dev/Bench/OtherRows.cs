using System.Globalization;
using System.Net.Http.Headers;
using Colonnade.Dev.Demo;

namespace Colonnade.Dev.Bench;

/// <summary>How long each host takes, by its own clock, until everything is ready.</summary>
internal static class StartupRows
{
    public static async Task<IReadOnlyList<Row>> RunAsync(
        BenchBed bed, BenchOptions options, Steps steps, CancellationToken cancellationToken)
    {
        var cold = bed.Service.Running.State.Seconds;
        var warm = new List<double>();
        for (var round = 0; round < options.Rounds; round++)
        {
            await steps.RunAsync($"LocalHost from its data, round {round + 1} of {options.Rounds}", async _ =>
            {
                warm.Add(await bed.RestartAsync(cancellationToken));
                return $"{warm[^1].Text("0.0")} s";
            });
        }

        var (fresh, again) = await MeasureAppHostAsync(options, steps, cancellationToken);
        return
        [
            new Row("AppHost up from nothing, s", [fresh], -15, "0.0"),
            new Row("AppHost up from its data, s", again, -9, "0.0"),
            new Row("LocalHost up from nothing, s", [cold], -10, "0.0"),
            new Row("LocalHost up from its data, s", warm, -5, "0.0"),
        ];
    }

    /// <summary>Of a solution of its own, with the servers from programs or in containers, as the machine has them.</summary>
    private static async Task<(double Fresh, IReadOnlyList<double> Warm)> MeasureAppHostAsync(
        BenchOptions options, Steps steps, CancellationToken cancellationToken)
    {
        await using var service = await GeneratedService.StartAsync(
            steps, "Release", new Dictionary<string, string?>(), cancellationToken, aspire: true);
        var fresh = service.Running.State.Seconds;
        var warm = new List<double>();
        for (var round = 0; round < options.Rounds; round++)
        {
            await steps.RunAsync($"AppHost from its data, round {round + 1} of {options.Rounds}", async _ =>
            {
                await service.RestartAsync(cancellationToken);
                warm.Add(service.Running.State.Seconds);
                return $"{warm[^1].Text("0.0")} s";
            });
        }

        return (fresh, warm);
    }
}

/// <summary>Which server answers reads that come without a token, from what the answers say.</summary>
internal static class RoutingRow
{
    private const int Reads = 2_000;

    public static async Task<Row> RunAsync(BenchBed bed, BenchOptions options, Steps steps, CancellationToken cancellationToken)
    {
        await bed.OpenAccountsAsync(16, cancellationToken);
        using var http = new HttpClient { BaseAddress = bed.Service.Running.State.Api };
        var onReplica = 0;
        await steps.RunAsync($"{Reads} reads without a token, while others write", async _ =>
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var writing = WriteAsync(bed, stop.Token);
            for (var n = 0; n < Reads; n++)
            {
                var account = bed.Accounts[n % bed.Accounts.Count];
                using var request = new HttpRequestMessage(HttpMethod.Get, $"/wallets/{account.Wallet}/entries");
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", account.Token);
                using var response = await http.SendAsync(request, cancellationToken);
                response.EnsureSuccessStatusCode();
                onReplica += response.Headers.GetValues("Server-Timing").Any(value => value.Contains("\"replica\"", StringComparison.Ordinal)) ? 1 : 0;
            }

            await stop.CancelAsync();
            await writing;
            return $"{onReplica} on the replica";
        });
        return new Row("share of reads without a token on the replica", [(double)onReplica / Reads], 0.95);
    }

    private static async Task WriteAsync(BenchBed bed, CancellationToken cancellationToken)
    {
        try
        {
            for (var n = 0; ; n++)
            {
                var account = bed.Accounts[n % bed.Accounts.Count];
                await bed.PostAsync($"/wallets/{account.Wallet}/deposits", account.Token, new { amount = 1, currency = "EUR" }, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
    }
}

/// <summary>
/// What a page of the ledger costs as the ledger grows: on one shard one wallet gets more and more entries, on the other one
/// keeps the thousand that it has, and the two take turns.
/// </summary>
internal static class LedgerRow
{
    private const int Clients = 16;

    private static readonly int[] s_sizes = [1_000, 10_000, 100_000, 1_000_000, 10_000_000];

    public static async Task<Row> RunAsync(BenchBed bed, BenchOptions options, Steps steps, CancellationToken cancellationToken)
    {
        await bed.OpenAccountsAsync(Clients, cancellationToken);
        var (growing, small) = (bed.On(0).First(), bed.On(1).First());
        await FillAsync(bed, small, s_sizes[0], cancellationToken);
        await using var load = await StartAsync(growing);
        await using var floor = await StartAsync(small);
        var steady = new Side("1,000 entries", floor.MeasureAsync);
        var rows = new List<Row>();
        foreach (var (size, before) in s_sizes.Zip(s_sizes.Prepend(0)))
        {
            var name = $"{size.ToString("N0", CultureInfo.InvariantCulture)} entries";
            await steps.RunAsync($"a ledger of {name}", async _ =>
            {
                await FillAsync(bed, growing, size - before, cancellationToken);
                return "";
            });
            rows.Add(await Comparison.RunAsync($"pages/s of {name}", new Side(name, load.MeasureAsync), steady, goal: null, options, steps, cancellationToken));
        }

        return rows[^1] with
        {
            Name = "pages/s of a ledger with 10,000,000 rows / with 1,000",
            Goal = 0.80,
            Details = [.. rows.Select(row => $"{row.Median.Text("0.00")}; {row.Details[0]}"), rows[^1].Details[1]],
        };

        Task<ILoad> StartAsync(Account account) =>
            Http.StartAsync(bed, options, [new("GET", $"/wallets/{account.Wallet}/entries", account.Token)], Clients, cancellationToken);
    }

    /// <summary>Writes entries, and what the servers do about new rows sooner or later they do now.</summary>
    private static async Task FillAsync(BenchBed bed, Account account, int count, CancellationToken cancellationToken)
    {
        await bed.ScalarAsync<object>(account.Shard, Fill(account, count), cancellationToken);
        await bed.ScalarAsync<object>(account.Shard, "VACUUM (ANALYZE) entries", cancellationToken);
        await bed.ScalarAsync<object>(account.Shard, "CHECKPOINT", cancellationToken, role: "postgres");
        await bed.ReplicaHasCaughtUpAsync(account.Shard, cancellationToken);
    }

    /// <summary>Entries older than any that is there.</summary>
    private static string Fill(Account account, int count) => string.Create(CultureInfo.InvariantCulture, $"""
        INSERT INTO entries (owner_id, wallet_id, account, id, transfer_id, kind, amount, balance, created_at)
        SELECT '{account.Owner}', '{account.Wallet}', 1, ('00000000' || substr(gen_random_uuid()::text, 9))::uuid, gen_random_uuid(), 1, 1, 1, now()
        FROM generate_series(1, {count})
        """);
}
