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
        ["RateLimits__AtOncePerUser"] = "1000000",
        ["Postgres__MaxConnections"] = "1000",
        ["Logging__LogLevel__Default"] = "Warning",
    };

    private readonly string _directory = Directory.CreateTempSubdirectory("colonnade-bench-").FullName;
    private readonly List<Account> _accounts = [];
    private HttpClient? _http;

    public GeneratedService Service { get; private set; } = null!;

    public ServerProcesses Processes { get; private set; } = null!;

    public IReadOnlyList<Account> Accounts => _accounts;

    /// <summary>That of tests/Benchmarks.</summary>
    public static string Program => Repository.File($"{Project}/bin/Release/net10.0/Colonnade.Benchmarks.dll");

    private string RuntimeFile => File("runtime");

    /// <summary>Has a server write down what it allocates and compiles.</summary>
    private Dictionary<string, string?> Hook => new() { ["DOTNET_STARTUP_HOOKS"] = Program, ["BENCH_RUNTIME"] = RuntimeFile };

    public static async Task<BenchBed> StartAsync(Steps steps, CancellationToken cancellationToken)
    {
        var bed = new BenchBed();
        try
        {
            await steps.RunAsync($"Build {Project}", line => Shell.RunAsync(
                "dotnet", ["build", Project, "-c", "Release", "-warnaserror", "--nologo", "-v", "minimal"], Repository.Root, cancellationToken, line));
            bed.Service = await GeneratedService.StartAsync(steps, "Release", Settings.Concat(bed.Hook).ToDictionary(), cancellationToken);
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
    public Dictionary<string, string?> ConnectionStrings() => ConnectionStrings(Database.Shards.Prepend("directory"), database => database);

    /// <summary>Those of an API.</summary>
    /// <param name="databases">As the API calls them.</param>
    /// <param name="nameOf">As they are called on the servers.</param>
    public Dictionary<string, string?> ConnectionStrings(IEnumerable<string> databases, Func<string, string> nameOf) => databases
        .SelectMany(database => new KeyValuePair<string, string?>[]
        {
            new($"ConnectionStrings__{database}", ConnectionString(nameOf(database), "app_rw")),
            new($"ConnectionStrings__{database}-worker", ConnectionString(nameOf(database), "worker")),
            new($"ConnectionStrings__{database}-replica", ConnectionString(nameOf(database), "app_ro", replica: true)),
        })
        .Append(new("ConnectionStrings__redis", Service.Running.RedisConnectionString))
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

    public async Task<T?> ScalarAsync<T>(string database, string sql, CancellationToken cancellationToken, string role = "owner")
    {
        await using var source = NpgsqlDataSource.Create($"{ConnectionString(database, role)};Pooling=false");
        await using var command = source.CreateCommand(sql);
        command.CommandTimeout = 0;
        return await command.ExecuteScalarAsync(cancellationToken) is T value ? value : default;
    }

    /// <param name="server">Null for the service's own API.</param>
    public async Task<JsonElement> PostAsync(string path, string token, object body, CancellationToken cancellationToken, BenchServer? server = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(UrlOf(server), path)) { Content = JsonContent.Create(body) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        request.Headers.Add("Idempotency-Key", $"{Guid.NewGuid()}");
        using var response = await _http!.SendAsync(request, cancellationToken);
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        return response.IsSuccessStatusCode
            ? JsonSerializer.Deserialize<JsonElement>(text)
            : throw new BenchFailedException($"POST {path} answered {(int)response.StatusCode}: {text}");
    }

    /// <param name="server">Null for the service's own API.</param>
    public Uri UrlOf(BenchServer? server) => server?.Url ?? Service.Running.State.Api;

    /// <inheritdoc cref="UrlOf"/>
    public ServerProcesses ProcessesOf(BenchServer? server) => server is null ? Processes : Processes.With(server.ProcessId);

    /// <summary>Measures once, by a process that is there for this alone.</summary>
    public async Task<Sample> MeasureAsync(
        LoadKind kind, BenchOptions options, CancellationToken cancellationToken, BenchServer? server = null)
    {
        await using var load = await LoadProcess.StartAsync(this, kind, options, cancellationToken, server);
        return await load.MeasureAsync(cancellationToken);
    }

    /// <summary>Starts a server of tests/Benchmarks with the service's tokens.</summary>
    public Task<BenchServer> StartServerAsync(
        string name, IEnumerable<KeyValuePair<string, string?>> settings, CancellationToken cancellationToken) =>
        StartAsync([Program, name], "/health/live", settings, cancellationToken);

    /// <summary>Starts another instance of the API, with databases of its own.</summary>
    public Task<BenchServer> StartApiAsync(IEnumerable<KeyValuePair<string, string?>> settings, CancellationToken cancellationToken)
    {
        var api = Service.Solution.Assembly("src/Api");
        return StartAsync(
            [api, "--contentRoot", Path.GetDirectoryName(api)!], "/health/ready",
            [.. settings, .. Settings, new("DOTNET_ENVIRONMENT", "Production")], cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        _http?.Dispose();
        if (Service is not null)
        {
            await Service.DisposeAsync();
        }

        Directory.Delete(_directory, recursive: true);
    }

    private void Attach()
    {
        Processes = ServerProcesses.Find(Service.Solution.Assembly("src/Api"), Path.Combine(Service.Solution.Root, ".local"), RuntimeFile);
        _http?.Dispose();
        _http = new HttpClient { BaseAddress = Service.Running.State.Api };
    }

    private Task<BenchServer> StartAsync(
        IEnumerable<string> command, string health, IEnumerable<KeyValuePair<string, string?>> settings, CancellationToken cancellationToken) =>
        BenchServer.StartAsync(
            command, health, _directory,
            [
                .. settings, .. Service.Tokens.Environment, .. Hook,
                new("Authentication__Schemes__Bearer__ValidIssuer", TokenIssuer.Issuer),
                new("Authentication__Schemes__Bearer__ValidAudiences__0", Service.Tokens.Audience),
            ],
            cancellationToken);
}
