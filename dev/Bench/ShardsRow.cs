namespace Colonnade.Dev.Bench;

/// <summary>
/// The same work on 1 to 8 shards. They are databases of one server here, so this tells what it costs to have many, and
/// not what is gained.
/// </summary>
internal static class ShardsRow
{
    private const int Users = 64;
    private const int Clients = 16;

    private static readonly int[] s_counts = [1, 2, 4, 8];

    public static async Task<Row> RunAsync(BenchBed bed, BenchOptions options, Steps steps, CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        var rates = new List<double>();
        foreach (var count in s_counts)
        {
            await steps.RunAsync($"reads and deposits on {count} shards", async _ =>
            {
                await CreateAsync(bed, count, cancellationToken);
                await using var api = await bed.StartApiAsync(
                    bed.ConnectionStrings(Databases(count), database => NameOf(database, count)), cancellationToken);
                var (reads, deposits) = await OpenAsync(bed, api, cancellationToken);
                await using var load = await Http.StartAsync(bed, options, reads, Clients, cancellationToken, api);
                await Comparison.WarmUpAsync(new Side("reads", load.MeasureAsync), cancellationToken);
                var read = await load.MeasureAsync(cancellationToken);
                var deposited = await bed.MeasureAsync(new LoadKind("http", deposits, Clients), options, cancellationToken, api);
                rates.Add(read.PerSecond);
                lines.Add(
                    $"{count} shards: {read.PerSecond.Text("0")} reads/s, each {read.PerOperation.Api.Text("0")} µs of the API and "
                    + $"{read.PerOperation.Postgres.Text("0")} µs of PostgreSQL; {deposited.PerSecond.Text("0")} deposits/s");
                return lines[^1];
            });
        }

        return new Row("reads/s on 8 shards / on 1", [rates[^1] / rates[0]], Goal: null) { Details = lines };
    }

    private static string[] Databases(int count) => ["directory", .. Enumerable.Range(0, count).Select(shard => $"shard{shard}")];

    private static string NameOf(string database, int count) => $"of_{count}_{database}";

    private static async Task CreateAsync(BenchBed bed, int count, CancellationToken cancellationToken)
    {
        foreach (var name in Databases(count).Select(database => NameOf(database, count)))
        {
            await bed.ScalarAsync<object>("postgres", $"CREATE DATABASE {name} OWNER owner", cancellationToken, role: "postgres");
            await bed.ScalarAsync<object>(
                name, "ALTER SCHEMA public OWNER TO owner; GRANT USAGE ON SCHEMA public TO app_rw, app_ro, worker", cancellationToken, role: "postgres");
        }

        await Shell.RunAsync(
            "dotnet", ["exec", bed.Service.Solution.Assembly("src/Migrator")], bed.Service.Solution.Root, cancellationToken,
            environment: Databases(count).ToDictionary(
                database => $"ConnectionStrings__{database}", database => (string?)bed.ConnectionString(NameOf(database, count), "owner")));
        await bed.ReplicaHasCaughtUpAsync("directory", cancellationToken);
    }

    private static async Task<(IReadOnlyList<Target> Reads, IReadOnlyList<Target> Deposits)> OpenAsync(
        BenchBed bed, BenchServer api, CancellationToken cancellationToken)
    {
        var (reads, deposits) = (new List<Target>(), new List<Target>());
        for (var user = 0; user < Users; user++)
        {
            var token = bed.Service.Tokens.TokenFor($"sharded-{user}");
            var wallet = (await bed.PostAsync("/wallets", token, new { currency = "EUR" }, cancellationToken, api)).GetProperty("id").GetGuid();
            reads.Add(new Target("GET", $"/wallets/{wallet}", token));
            deposits.Add(new Target("POST", $"/wallets/{wallet}/deposits", token, """{"amount":1,"currency":"EUR"}"""));
        }

        return (reads, deposits);
    }
}
