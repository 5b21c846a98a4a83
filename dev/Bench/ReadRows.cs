using Colonnade.Dev.Demo;

namespace Colonnade.Dev.Bench;

/// <summary>Reading one wallet: below HTTP and over it, from the replica, with row security.</summary>
internal static class ReadRows
{
    private const int Users = 64;

    public static async Task<Row> DataLayerAsync(BenchBed bed, BenchOptions options, Steps steps, CancellationToken cancellationToken)
    {
        var (targets, settings) = await PrepareAsync(bed, cancellationToken);
        return await Comparison.RunAsync(
            "hot read in the data layer / raw Npgsql",
            new Side("IWalletReader", token => bed.MeasureAsync("read-service", options, token, targets, more: settings), InProcess: true),
            new Side("raw Npgsql", token => bed.MeasureAsync("read", options, token, targets, more: settings), InProcess: true),
            0.90, options, steps, cancellationToken);
    }

    public static async Task<Row> HttpAsync(BenchBed bed, BenchOptions options, Steps steps, CancellationToken cancellationToken)
    {
        var (targets, settings) = await PrepareAsync(bed, cancellationToken);
        await using var floor = await bed.StartServerAsync("floor-api", settings, cancellationToken);
        return await Comparison.RunAsync(
            "hot read over HTTP / bare minimal API",
            new Side("GET /wallets/{id}", token => Http.MeasureAsync(bed, options, targets, 16, token)),
            new Side("bare minimal API", token => Http.MeasureAsync(bed, options, targets, 16, token, floor)),
            0.85, options, steps, cancellationToken);
    }

    /// <summary>1 to 256 clients, against the rate of one client.</summary>
    public static async Task<Row> ClientsAsync(BenchBed bed, BenchOptions options, Steps steps, CancellationToken cancellationToken)
    {
        var (targets, _) = await PrepareAsync(bed, cancellationToken);
        var lines = new List<string>();
        var rates = new List<double>();
        foreach (var clients in new[] { 1, 4, 16, 64, 256 })
        {
            await steps.RunAsync($"reads by {clients} clients", async _ =>
            {
                var sample = await Http.MeasureAsync(bed, options, targets, clients, cancellationToken);
                rates.Add(sample.PerSecond);
                lines.Add($"{clients} clients: {sample.PerSecond.Text("0")}/s, p50 {sample.Load.P50.Text("0.0")} ms, p99 {sample.Load.P99.Text("0.0")} ms");
                return lines[^1];
            });
        }

        return new Row("reads/s of 256 clients / of 16", [rates[^1] / rates[2]], 0.8) { Details = lines };
    }

    private static async Task<(IReadOnlyList<Target> Targets, IReadOnlyDictionary<string, string?> Settings)> PrepareAsync(
        BenchBed bed, CancellationToken cancellationToken)
    {
        await bed.OpenAccountsAsync(Users, cancellationToken);
        return
        (
            [.. bed.On(0).Take(Users).Select(account => new Target(
                "GET", $"/wallets/{account.Wallet}?owner={account.Owner}", account.Token, Owner: account.Owner, Id: account.Wallet))],
            bed.ConnectionStrings()
        );
    }
}

/// <summary>Load over HTTP: by wrk when it is there, else by what is built in.</summary>
internal static class Http
{
    public static Task<Sample> MeasureAsync(
        BenchBed bed, BenchOptions options, IReadOnlyList<Target> targets, int clients, CancellationToken cancellationToken, BenchServer? server = null) =>
        Wrk.Program is { } wrk && clients <= 256
            ? Wrk.MeasureAsync(wrk, bed, options, targets, clients, bed.UrlOf(server), bed.ProcessesOf(server), cancellationToken)
            : bed.MeasureAsync("http", options, cancellationToken, targets, clients, server);
}
