using Colonnade.Dev.Demo;

namespace Colonnade.Dev.Bench;

/// <summary>Reading one wallet: below HTTP and over it, from the replica, with row security.</summary>
internal static class ReadRows
{
    private const int Users = 64;

    public static async Task<IReadOnlyList<Row>> DataLayerAsync(
        BenchBed bed, BenchOptions options, Steps steps, CancellationToken cancellationToken)
    {
        var (targets, settings) = await PrepareAsync(bed, cancellationToken);
        await using var service = await StartAsync("read-service");
        await using var raw = await StartAsync("read");
        await using var fenced = await StartAsync("read-fenced");
        return
        [
            await Comparison.RunAsync(
                "hot read in the data layer / raw Npgsql",
                new Side("IWalletReader", service.MeasureAsync, InProcess: true),
                new Side("raw Npgsql", raw.MeasureAsync, InProcess: true),
                0.90, options, steps, cancellationToken),
            await Comparison.RunAsync(
                "hot read in the data layer / raw Npgsql with the service's fence",
                new Side("IWalletReader", service.MeasureAsync, InProcess: true),
                new Side("raw Npgsql with the fence", fenced.MeasureAsync, InProcess: true),
                goal: null, options, steps, cancellationToken),
        ];

        Task<LoadProcess> StartAsync(string kind) => steps.MakeAsync(
            $"{kind}, warm-up", () => LoadProcess.StartAsync(bed, new LoadKind(kind, targets), options, cancellationToken, settings: settings));
    }

    public static async Task<Row> HttpAsync(BenchBed bed, BenchOptions options, Steps steps, CancellationToken cancellationToken)
    {
        var (targets, settings) = await PrepareAsync(bed, cancellationToken);
        await using var api = await bed.StartApiAsync(settings, cancellationToken);
        await using var floor = await bed.StartServerAsync("floor-api", settings, cancellationToken);
        await using var load = await Http.StartAsync(bed, options, targets, 16, cancellationToken, api);
        await using var floorLoad = await Http.StartAsync(bed, options, targets, 16, cancellationToken, floor);
        return await Comparison.RunAsync(
            "hot read over HTTP / bare minimal API",
            new Side("GET /wallets/{id}", load.MeasureAsync),
            new Side("bare minimal API", floorLoad.MeasureAsync),
            0.85, options, steps, cancellationToken);
    }

    /// <summary>1 to 256 clients, who take turns. Unlike those of wrk, clients that are refused wait as they are told.</summary>
    public static async Task<Row> ClientsAsync(BenchBed bed, BenchOptions options, Steps steps, CancellationToken cancellationToken)
    {
        int[] counts = [1, 4, 16, 64, 256];
        var (targets, _) = await PrepareAsync(bed, cancellationToken);
        var loads = new List<ILoad>();
        try
        {
            foreach (var clients in counts)
            {
                loads.Add(await LoadProcess.StartAsync(
                    bed, new LoadKind("http", targets, clients, Waits: true), options, cancellationToken));
            }

            const string Name = "reads/s of 256 clients / of 16";
            Side[] sides = [.. counts.Zip(loads, (clients, load) => new Side($"{clients} clients", load.MeasureAsync))];
            var rounds = await Comparison.TakeTurnsAsync(Name, sides, options, steps, cancellationToken);
            return new Row(Name, [.. rounds.Select(round => round[4].PerSecond / round[2].PerSecond)], 0.8)
            {
                Details = [.. sides.Select((side, n) => Comparison.Describe(side.Name, [.. rounds.Select(round => round[n])]))],
            };
        }
        finally
        {
            foreach (var load in loads)
            {
                await load.DisposeAsync();
            }
        }
    }

    private static async Task<(IReadOnlyList<Target> Targets, IReadOnlyDictionary<string, string?> Settings)> PrepareAsync(
        BenchBed bed, CancellationToken cancellationToken)
    {
        await bed.OpenAccountsAsync(Users, cancellationToken);
        return
        (
            [.. bed.On(0).Take(Users).Select(account => new Target(
                "GET", $"/wallets/{account.Wallet}?owner={account.Owner}", account.Token, Owner: account.Owner, Id: account.Wallet, Epoch: account.Epoch))],
            bed.ConnectionStrings()
        );
    }
}

/// <summary>Load over HTTP: by wrk when it is there, else by what is built in.</summary>
internal static class Http
{
    public static async Task<ILoad> StartAsync(
        BenchBed bed, BenchOptions options, IReadOnlyList<Target> targets, int clients, CancellationToken cancellationToken,
        BenchServer? server = null) =>
        Wrk.Program is { } wrk
            ? new Wrk(wrk, bed, options, targets, clients, server)
            : await LoadProcess.StartAsync(bed, new LoadKind("http", targets, clients), options, cancellationToken, server);
}
