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
        await using var api = await bed.StartApiAsync(bed.ConnectionStrings(), cancellationToken);
        await using var load = await LoadProcess.StartAsync(bed, new LoadKind("http", targets, Clients), options, cancellationToken, api);
        return await Comparison.RunAsync(
            "transfer within a shard over HTTP / pgbench with the same SQL",
            new Side("POST /transfers", load.MeasureAsync),
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

    /// <summary>A thousand clients, far more than there is a turn for: such as wait as they are told, and such as do not.</summary>
    public static async Task<IReadOnlyList<Row>> OverloadAsync(
        BenchBed bed, BenchOptions options, Steps steps, CancellationToken cancellationToken)
    {
        const int Many = 1_000;
        await bed.OpenAccountsAsync(Payers, cancellationToken);
        await using var few = await LoadProcess.StartAsync(bed, new LoadKind("http", Targets(bed), 64), options, cancellationToken);
        await steps.RunAsync("overload, warm-up", _ => Comparison.WarmUpAsync(new Side("64 clients", few.MeasureAsync), cancellationToken));
        var rounds = new List<(Sample Before, Sample Polite, Sample Pushing, Sample After)>();
        for (var round = 0; round < options.Rounds; round++)
        {
            await steps.RunAsync($"overload, round {round + 1} of {options.Rounds}", async _ =>
            {
                var before = await few.MeasureAsync(cancellationToken);
                var polite = await MeasureAsync(waits: true);
                var pushing = await MeasureAsync(waits: false);
                var after = await few.MeasureAsync(cancellationToken);
                rounds.Add((before, polite, pushing, after));
                return $"{before.PerSecond.Text("0")}/s, then {polite.PerSecond.Text("0")}/s and {pushing.PerSecond.Text("0")}/s, then {after.PerSecond.Text("0")}/s";
            });
        }

        string[] details =
        [
            Describe("64 clients", round => round.Before),
            Describe($"{Many} clients that wait as they are told", round => round.Polite),
            Describe($"{Many} clients that ask again at once", round => round.Pushing),
            Describe("64 clients right after", round => round.After),
        ];
        return
        [
            new Row("overload: transfers/s of 1,000 clients that wait as told / of 64", [.. rounds.Select(r => r.Polite.PerSecond / r.Before.PerSecond)], 0.60) { Details = details },
            new Row("overload: transfers/s of 1,000 clients that ask again at once / of 64", [.. rounds.Select(r => r.Pushing.PerSecond / r.Before.PerSecond)], Goal: null),
            new Row("overload: p99 of what is accepted, ms", [.. rounds.Select(r => Math.Max(r.Polite.Load.P99, r.Pushing.Load.P99))], -2_000, "0"),
            new Row("overload: transfers/s right after / before", [.. rounds.Select(r => r.After.PerSecond / r.Before.PerSecond)], 0.90),
        ];

        Task<Sample> MeasureAsync(bool waits) =>
            bed.MeasureAsync(new LoadKind("http", Targets(bed), Many, waits), options, cancellationToken);

        string Describe(string name, Func<(Sample Before, Sample Polite, Sample Pushing, Sample After), Sample> of)
        {
            return $"{name}: {Median(sample => sample.PerSecond)}/s, p99 {Median(sample => sample.Load.P99)} ms of what is accepted; "
                + $"refused {Median(sample => sample.Load.Refused)}, failed {Median(sample => sample.Load.Failed)}";

            string Median(Func<Sample, double> value) => Numbers.Median([.. rounds.Select(round => value(of(round)))]).Text("0");
        }
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
