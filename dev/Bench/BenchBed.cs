using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Colonnade.Dev.Demo;
using Npgsql;

namespace Colonnade.Dev.Bench;

/// <summary>A user with a wallet that holds money.</summary>
/// <param name="Epoch">Of the user's bucket, which is that of the wallet's id as well.</param>
internal sealed record Account(string Token, Guid Owner, Guid Wallet, string Shard, long Epoch);

/// <summary>A request that the load sends again and again; tests/Benchmarks says what is what.</summary>
internal sealed record Target(string Method, string Path, string Token, string? Body = null, Guid Owner = default, Guid Id = default, long Epoch = 0);

/// <summary>A generated service, built for release, on servers that flush to disk, and what measures it.</summary>
internal sealed class BenchBed : IAsyncDisposable
{
    private const string Project = "tests/Benchmarks";
    private const long Money = 1_000_000_000;

    /// <summary>Of every API that is measured.</summary>
    private static readonly Dictionary<string, string?> Settings = new()
    {
        ["RateLimits__Burst"] = "1000000",
        ["RateLimits__PerSecond"] = "1000000",
        ["Logging__LogLevel__Default"] = "Warning",
    };

    private readonly string _directory = Directory.CreateTempSubdirectory("colonnade-bench-").FullName;
    private readonly List<Account> _accounts = [];
    private readonly List<Process> _processes = [];
    private HttpClient? _http;

    public GeneratedService Service { get; private set; } = null!;

    public ServerProcesses Processes { get; private set; } = null!;

    public IReadOnlyList<Account> Accounts => _accounts;

    private static string Program => Repository.File($"{Project}/bin/Release/net10.0/Colonnade.Benchmarks.dll");

    private string AllocatedFile => File("allocated");

    public static async Task<BenchBed> StartAsync(Steps steps, CancellationToken cancellationToken)
    {
        var bed = new BenchBed();
        try
        {
            await steps.RunAsync($"Build {Project}", line => Shell.RunAsync(
                "dotnet", ["build", Project, "-c", "Release", "-warnaserror", "--nologo", "-v", "minimal"], Repository.Root, cancellationToken, line));
            var settings = new Dictionary<string, string?>(Settings)
            {
                ["DOTNET_STARTUP_HOOKS"] = Program,
                ["BENCH_ALLOCATED"] = bed.AllocatedFile,
            };
            bed.Service = await GeneratedService.StartAsync(steps, "Release", settings, cancellationToken);
            bed.Attach();
            return bed;
        }
        catch
        {
            await bed.DisposeAsync();
            throw;
        }
    }

    /// <summary>Users with money, so many on each shard.</summary>
    public async Task OpenAccountsAsync(int perShard, CancellationToken cancellationToken)
    {
        for (var n = _accounts.Count; Database.Shards.Any(shard => _accounts.Count(account => account.Shard == shard) < perShard); n++)
        {
            var token = Service.Tokens.TokenFor($"bench-{n}");
            var wallet = (await PostAsync("/wallets", token, new { currency = "EUR" }, cancellationToken)).GetProperty("id").GetGuid();
            await PostAsync($"/wallets/{wallet}/deposits", token, new { amount = Money, currency = "EUR" }, cancellationToken);
            foreach (var shard in Database.Shards)
            {
                if (await ScalarAsync<Guid?>(shard, $"SELECT owner_id FROM wallets WHERE id = '{wallet}'", cancellationToken) is { } owner)
                {
                    var epoch = await ScalarAsync<long>(shard, $"SELECT epoch FROM bucket_owner WHERE bucket = bucket_of('{owner}')", cancellationToken);
                    _accounts.Add(new Account(token, owner, wallet, shard, epoch));
                }
            }
        }
    }

    public IEnumerable<Account> On(int shard) => _accounts.Where(account => account.Shard == Database.Shards[shard]);

    /// <summary>Connection string of a role on the primary, or on the replica.</summary>
    public string ConnectionString(string database, string role, bool replica = false) => Service.Running.ConnectionString(
        replica ? Service.Running.State.Replica : Service.Running.State.Primary, database, role);

    /// <summary>Those of the service, for a process of tests/Benchmarks.</summary>
    public Dictionary<string, string?> ConnectionStrings() => Database.Shards.Prepend("directory")
        .SelectMany(database => new KeyValuePair<string, string?>[]
        {
            new($"ConnectionStrings__{database}", ConnectionString(database, "app_rw")),
            new($"ConnectionStrings__{database}-worker", ConnectionString(database, "worker")),
            new($"ConnectionStrings__{database}-replica", ConnectionString(database, "app_ro", replica: true)),
        })
        .ToDictionary();

    /// <summary>A file that goes away with the bench.</summary>
    public string File(string name) => Path.Combine(_directory, name);

    public async Task ReplicaHasCaughtUpAsync(string database, CancellationToken cancellationToken)
    {
        var position = await ScalarAsync<string>(database, "SELECT pg_current_wal_flush_lsn()::text", cancellationToken);
        await using var source = NpgsqlDataSource.Create(ConnectionString(database, "app_ro", replica: true));
        await using var command = source.CreateCommand($"SELECT pg_last_wal_replay_lsn() >= '{position}'::pg_lsn");
        while (await command.ExecuteScalarAsync(cancellationToken) is not true)
        {
            await Task.Delay(50, cancellationToken);
        }
    }

    /// <summary>Stops LocalHost and starts it on the same data.</summary>
    /// <returns>Seconds until it was ready, by its own clock.</returns>
    public async Task<double> RestartAsync(CancellationToken cancellationToken)
    {
        await Service.RestartAsync(cancellationToken);
        Attach();
        return Service.Running.State.Seconds;
    }

    public async Task<T?> ScalarAsync<T>(string database, string sql, CancellationToken cancellationToken)
    {
        await using var source = NpgsqlDataSource.Create($"{ConnectionString(database, "owner")};Pooling=false");
        await using var command = source.CreateCommand(sql);
        command.CommandTimeout = 0;
        return await command.ExecuteScalarAsync(cancellationToken) is T value ? value : default;
    }

    public async Task<JsonElement> PostAsync(string path, string token, object body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        request.Headers.Add("Idempotency-Key", $"{Guid.NewGuid()}");
        using var response = await _http!.SendAsync(request, cancellationToken);
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        return response.IsSuccessStatusCode
            ? JsonSerializer.Deserialize<JsonElement>(text)
            : throw new BenchFailedException($"POST {path} answered {(int)response.StatusCode}: {text}");
    }

    /// <summary>Runs a measurement of tests/Benchmarks in a process of its own.</summary>
    public async Task<Sample> MeasureAsync(
        string measurement,
        BenchOptions options,
        CancellationToken cancellationToken,
        IReadOnlyList<Target>? targets = null,
        int clients = 16,
        Uri? url = null,
        ServerProcesses? processes = null,
        IEnumerable<KeyValuePair<string, string?>>? more = null)
    {
        var file = File("targets.json");
        await System.IO.File.WriteAllTextAsync(file, JsonSerializer.Serialize(targets ?? [], JsonSerializerOptions.Web), cancellationToken);
        var environment = new Dictionary<string, string?>(more ?? [])
        {
            ["BENCH_CLIENTS"] = clients.ToString(CultureInfo.InvariantCulture),
            ["BENCH_SECONDS"] = options.Seconds.ToString(CultureInfo.InvariantCulture),
            ["BENCH_URL"] = (url ?? Service.Running.State.Api).ToString(),
            ["BENCH_TARGETS"] = file,
        };
        var before = (processes ?? Processes).Now();
        var outcome = await Shell.RunAsync("dotnet", ["exec", Program, measurement], _directory, cancellationToken, environment: environment);

        // The allocations are written ten times a second.
        await Task.Delay(200, cancellationToken);
        return new Sample(
            JsonSerializer.Deserialize<Measurement>(outcome.Output[^1], JsonSerializerOptions.Web)!, (processes ?? Processes).Now() - before);
    }

    /// <summary>Starts a server of tests/Benchmarks with the service's tokens, and waits until it answers.</summary>
    public Task<(Uri Url, ServerProcesses Processes)> StartServerAsync(
        string name, IEnumerable<KeyValuePair<string, string?>> settings, CancellationToken cancellationToken) =>
        StartServerAsync([Program, name], "/health/live", settings, cancellationToken);

    /// <summary>Starts another instance of the API, with databases of its own, and waits until it is ready.</summary>
    public Task<(Uri Url, ServerProcesses Processes)> StartApiAsync(
        IEnumerable<KeyValuePair<string, string?>> settings, CancellationToken cancellationToken)
    {
        var api = Service.Solution.Assembly("src/Api");
        return StartServerAsync(
            [api, "--contentRoot", Path.GetDirectoryName(api)!], "/health/ready", settings.Concat(Settings).Append(new("DOTNET_ENVIRONMENT", "Production")), cancellationToken);
    }

    public async Task StopServersAsync()
    {
        foreach (var process in _processes)
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        _processes.Clear();
    }

    private async Task<(Uri Url, ServerProcesses Processes)> StartServerAsync(
        IEnumerable<string> command, string health, IEnumerable<KeyValuePair<string, string?>> settings, CancellationToken cancellationToken)
    {
        var url = new Uri($"http://127.0.0.1:{FreePort()}");
        var start = new ProcessStartInfo("dotnet", ["exec", .. command]) { WorkingDirectory = _directory };
        foreach (var (key, value) in settings.Concat(Service.Tokens.Environment).Append(new("ASPNETCORE_URLS", url.ToString()))
            .Append(new("Authentication__Schemes__Bearer__ValidIssuer", TokenIssuer.Issuer))
            .Append(new("Authentication__Schemes__Bearer__ValidAudiences__0", Service.Tokens.Audience))
            .Append(new("DOTNET_STARTUP_HOOKS", Program)).Append(new("BENCH_ALLOCATED", AllocatedFile)))
        {
            start.Environment[key] = value;
        }

        var process = Process.Start(start)!;
        _processes.Add(process);
        using var http = new HttpClient { BaseAddress = url };
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                using var response = await http.GetAsync(new Uri(health, UriKind.Relative), cancellationToken);
                response.EnsureSuccessStatusCode();
                return (url, Processes.With(process.Id));
            }
            catch (HttpRequestException) when (attempt < 300 && !process.HasExited)
            {
                await Task.Delay(100, cancellationToken);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopServersAsync();
        _http?.Dispose();
        if (Service is not null)
        {
            await Service.DisposeAsync();
        }

        Directory.Delete(_directory, recursive: true);
    }

    private void Attach()
    {
        Processes = ServerProcesses.Find(Service.Solution.Assembly("src/Api"), Path.Combine(Service.Solution.Root, ".local"), AllocatedFile);
        _http?.Dispose();
        _http = new HttpClient { BaseAddress = Service.Running.State.Api };
    }

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }
}
