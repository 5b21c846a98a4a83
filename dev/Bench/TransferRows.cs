using System.Globalization;
using Colonnade.Dev.Demo;

namespace Colonnade.Dev.Bench;

/// <summary>Transfers: within a shard against pgbench with the same SQL, between shards against within one.</summary>
internal static class TransferRows
{
    public const int Clients = 16;
    private const int Payers = 128;

    public static async Task<Row> WithinAsync(BenchBed bed, BenchOptions options, Steps steps, CancellationToken cancellationToken)
    {
        await bed.OpenAccountsAsync(2 * Clients, cancellationToken);

        // Each client has two wallets for itself, so that none waits for another's.
        (Account Payer, Account Payee)[] pairs = [.. bed.On(0).Chunk(2).Take(Clients).Select(pair => (pair[0], pair[1]))];
        Target[] targets = [.. pairs.Select(pair => Pay(pair.Payer, pair.Payee))];
        return await Comparison.RunAsync(
            "transfer within a shard over HTTP / pgbench with the same SQL",
            new Side("POST /transfers", token => bed.MeasureAsync("http", options, token, targets, Clients)),
            new Side("pgbench", token => PgBench.MeasureAsync(bed, options, pairs, token)),
            0.60, options, steps, cancellationToken);
    }

    public static async Task<Row> BetweenAsync(BenchBed bed, BenchOptions options, Steps steps, CancellationToken cancellationToken)
    {
        await bed.OpenAccountsAsync(Clients, cancellationToken);
        var load = new TransferLoad(bed, options);
        return await Comparison.RunAsync(
            "transfer between shards, to its end / within a shard",
            new Side("between shards", token => load.RunAsync(between: true, token)),
            new Side("within a shard", token => load.RunAsync(between: false, token)),
            0.30, options, steps, cancellationToken);
    }

    /// <summary>A thousand clients, far more than there is a turn for.</summary>
    public static async Task<IReadOnlyList<Row>> OverloadAsync(
        BenchBed bed, BenchOptions options, Steps steps, CancellationToken cancellationToken)
    {
        const int Many = 1_000;
        await bed.OpenAccountsAsync(Payers, cancellationToken);
        var rounds = new List<(Sample Before, Sample Many, Sample After)>();
        for (var round = 0; round < options.Rounds; round++)
        {
            await steps.RunAsync($"overload, round {round + 1} of {options.Rounds}", async _ =>
            {
                var before = await RunAsync(64);
                var many = await RunAsync(Many);
                var after = await RunAsync(64);
                rounds.Add((before, many, after));
                return $"{before.PerSecond.Text("0")}/s, then {many.PerSecond.Text("0")}/s and {many.Load.Refused} refused, then {after.PerSecond.Text("0")}/s";
            });
        }

        string[] details =
        [
            $"64 clients: {Median(r => r.Before.PerSecond, "0")}/s, p99 {Median(r => r.Before.Load.P99, "0")} ms; refused {Median(r => r.Before.Load.Refused, "0")}",
            $"{Many} clients: {Median(r => r.Many.PerSecond, "0")}/s, p99 {Median(r => r.Many.Load.P99, "0")} ms of what is accepted; refused {Median(r => r.Many.Load.Refused, "0")}; failed {Median(r => r.Many.Load.Failed, "0")}",
            $"64 clients right after: {Median(r => r.After.PerSecond, "0")}/s, p99 {Median(r => r.After.Load.P99, "0")} ms; refused {Median(r => r.After.Load.Refused, "0")}",
        ];
        return
        [
            new Row("overload: transfers/s of 1,000 clients / of 64", [.. rounds.Select(r => r.Many.PerSecond / r.Before.PerSecond)], 0.60) { Details = details },
            new Row("overload: p99 of what is accepted, ms", [.. rounds.Select(r => r.Many.Load.P99)], -2_000, "0"),
            new Row("overload: transfers/s right after / before", [.. rounds.Select(r => r.After.PerSecond / r.Before.PerSecond)], 0.90),
        ];

        Task<Sample> RunAsync(int clients) => bed.MeasureAsync("http", options, cancellationToken, Targets(bed), clients);

        string Median(Func<(Sample Before, Sample Many, Sample After), double> value, string format) =>
            Numbers.Median([.. rounds.Select(value)]).Text(format);
    }

    private static Target[] Targets(BenchBed bed)
    {
        var accounts = bed.On(0).Take(Payers).ToArray();
        return [.. accounts.Select((payer, n) => Pay(payer, accounts[(n + 1) % accounts.Length]))];
    }

    private static Target Pay(Account payer, Account payee) => new(
        "POST", "/transfers", payer.Token, string.Create(
            CultureInfo.InvariantCulture, $$"""{"from":"{{payer.Wallet}}","to":"{{payee.Wallet}}","amount":1,"currency":"EUR"}"""));
}
