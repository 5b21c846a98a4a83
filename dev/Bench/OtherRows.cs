using System.Globalization;
using System.Net.Http.Headers;
using Colonnade.Dev.Demo;

namespace Colonnade.Dev.Bench;

/// <summary>How long LocalHost takes, by its own clock, until everything is ready.</summary>
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

        return
        [
            new Row("LocalHost up from nothing, s", [cold], -10, "0.0"),
            new Row("LocalHost up from its data, s", warm, -5, "0.0"),
        ];
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

/// <summary>What a page of the ledger costs as the ledger grows: by the number of rows of one wallet.</summary>
internal static class LedgerRow
{
    private static readonly int[] s_sizes = [1_000, 10_000, 100_000, 1_000_000, 10_000_000];

    public static async Task<Row> RunAsync(BenchBed bed, BenchOptions options, Steps steps, CancellationToken cancellationToken)
    {
        await bed.OpenAccountsAsync(16, cancellationToken);
        var account = bed.On(0).First();
        Target[] targets = [new("GET", $"/wallets/{account.Wallet}/entries", account.Token)];
        await using var load = await Http.StartAsync(bed, options, targets, 16, cancellationToken);
        await steps.RunAsync("pages of entries, warm-up", _ => Comparison.WarmUpAsync(new Side("pages", load.MeasureAsync), cancellationToken));
        var rates = new List<double>();
        var lines = new List<string>();
        var rows = 0;
        foreach (var size in s_sizes)
        {
            await steps.RunAsync($"a page of {size.ToString("N0", CultureInfo.InvariantCulture)} entries", async _ =>
            {
                await bed.ScalarAsync<object>("shard0", Fill(account, size - rows), cancellationToken);
                rows = size;
                await bed.ReplicaHasCaughtUpAsync("shard0", cancellationToken);
                var sample = await load.MeasureAsync(cancellationToken);
                rates.Add(sample.PerSecond);
                lines.Add($"{size.ToString("N0", CultureInfo.InvariantCulture)} entries: {sample.PerSecond.Text("0")} pages/s, {sample.PerOperation.Postgres.Text("0")} µs of PostgreSQL");
                return lines[^1];
            });
        }

        return new Row("pages/s of a ledger with 10,000,000 rows / with 1,000", [rates[^1] / rates[0]], 0.80) { Details = lines };
    }

    /// <summary>Entries older than any that is there.</summary>
    private static string Fill(Account account, int count) => string.Create(CultureInfo.InvariantCulture, $"""
        INSERT INTO entries (owner_id, wallet_id, account, id, transfer_id, kind, amount, balance, created_at)
        SELECT '{account.Owner}', '{account.Wallet}', 1, ('00000000' || substr(gen_random_uuid()::text, 9))::uuid, gen_random_uuid(), 1, 1, 1, now()
        FROM generate_series(1, {count})
        """);
}
