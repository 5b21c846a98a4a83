using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;

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
                var (url, processes) = await bed.StartApiAsync(ConnectionStrings(bed, count), cancellationToken);
                var (reads, deposits) = await OpenAsync(bed, url, cancellationToken);
                await Http.MeasureAsync(bed, options, reads, Clients, cancellationToken, url, processes);
                var read = await Http.MeasureAsync(bed, options, reads, Clients, cancellationToken, url, processes);
                var deposited = await bed.MeasureAsync("http", options, cancellationToken, deposits, Clients, url, processes);
                await bed.StopServersAsync();
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
            await ExecuteAsync("postgres", $"CREATE DATABASE {name} OWNER owner");
            await ExecuteAsync(name, "ALTER SCHEMA public OWNER TO owner; GRANT USAGE ON SCHEMA public TO app_rw, app_ro, worker");
        }

        await Shell.RunAsync(
            "dotnet", ["exec", bed.Service.Solution.Assembly("src/Migrator")], bed.Service.Solution.Root, cancellationToken,
            environment: Databases(count).ToDictionary(
                database => $"ConnectionStrings__{database}", database => (string?)bed.ConnectionString(NameOf(database, count), "owner")));
        await bed.ReplicaHasCaughtUpAsync("directory", cancellationToken);

        async Task ExecuteAsync(string database, string sql)
        {
            await using var source = NpgsqlDataSource.Create($"{bed.ConnectionString(database, "postgres")};Pooling=false");
            await using var command = source.CreateCommand(sql);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private static Dictionary<string, string?> ConnectionStrings(BenchBed bed, int count) => Databases(count)
        .SelectMany(database => new KeyValuePair<string, string?>[]
        {
            new($"ConnectionStrings__{database}", bed.ConnectionString(NameOf(database, count), "app_rw")),
            new($"ConnectionStrings__{database}-worker", bed.ConnectionString(NameOf(database, count), "worker")),
            new($"ConnectionStrings__{database}-replica", bed.ConnectionString(NameOf(database, count), "app_ro", replica: true)),
        })
        .Append(new("ConnectionStrings__redis", bed.Service.Running.RedisConnectionString))
        .ToDictionary();

    private static async Task<(IReadOnlyList<Target> Reads, IReadOnlyList<Target> Deposits)> OpenAsync(
        BenchBed bed, Uri url, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = url };
        var (reads, deposits) = (new List<Target>(), new List<Target>());
        for (var user = 0; user < Users; user++)
        {
            var token = bed.Service.Tokens.TokenFor($"sharded-{user}");
            using var request = new HttpRequestMessage(HttpMethod.Post, "/wallets") { Content = JsonContent.Create(new { currency = "EUR" }) };
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            request.Headers.Add("Idempotency-Key", $"{Guid.NewGuid()}");
            using var response = await http.SendAsync(request, cancellationToken);
            response.EnsureSuccessStatusCode();
            var wallet = (await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken)).GetProperty("id").GetGuid();
            reads.Add(new Target("GET", $"/wallets/{wallet}", token));
            deposits.Add(new Target("POST", $"/wallets/{wallet}/deposits", token, """{"amount":1,"currency":"EUR"}"""));
        }

        return (reads, deposits);
    }
}
