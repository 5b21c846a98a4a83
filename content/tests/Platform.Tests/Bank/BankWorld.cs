using Platform.Sagas;

namespace Platform.Tests.Bank;

/// <summary>
/// Servers of a test's own and instances of the API as processes, which the test may break. The instances reach the first
/// primary through a proxy. What the primary acknowledges the replica has, so that a promotion loses nothing.
/// </summary>
internal sealed class BankWorld : IBank, IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, string> _tokens = new();
    private readonly string _directory = RunDirectory.New("bank");
    private readonly StartedServers _servers;
    private readonly TestDatabases _databases;
    private readonly HttpClient[] _clients;

    private BankWorld(StartedServers servers, TestDatabases databases, int instances)
    {
        (_servers, _databases) = (servers, databases);
        Proxy = new TcpProxy(Topology.Primary.Port);
        Instances = [.. Enumerable.Range(0, instances).Select(n => new ApiInstance($"api{n}", _directory, Settings()))];
        _clients =
            [.. Instances.Select(instance => new HttpClient(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(1) })
        {
            BaseAddress = instance.Address,
        })];
    }

    public LocalTopology Topology => _servers.Topology;

    public TcpProxy Proxy { get; }

    public ApiInstance[] Instances { get; }

    /// <summary>Points at which an instance was killed.</summary>
    public ConcurrentDictionary<SagaPoint, int> Crashes { get; } = new();

    /// <summary>The replica has become the primary.</summary>
    public bool IsPromoted { get; set; }

    /// <summary>0 to 1: how much of the clients' traffic is doubled, dropped or late.</summary>
    public double Weather { get; set; } = 0.02;

    public static async Task<BankWorld> StartAsync(int instances, CancellationToken cancellationToken)
    {
        var servers = await StartedServers.StartAsync(cancellationToken, synchronousReplica: true);
        BankWorld? world = null;
        try
        {
            world = new BankWorld(
                servers, new TestDatabases(await Servers.OnAsync(servers), "", ResourceNames.Shards), instances);
            await Task.WhenAll(world.Instances.Select(instance => instance.StartAsync(cancellationToken)));
            return world;
        }
        catch
        {
            await (world?.DisposeAsync() ?? servers.DisposeAsync());
            throw;
        }
    }

    public HttpClient Client(Random random) => _clients[random.Next(_clients.Length)];

    public string Token(string subject) => _tokens.GetOrAdd(
        subject, static subject => TestService.TokenFor(subject, DateTime.UtcNow.AddHours(12)));

    public string ConnectionString(string database) =>
        _databases.ConnectionString(database, DatabaseRoles.Superuser, replica: IsPromoted);

    /// <summary>What the Migrator is given.</summary>
    public IConfiguration OwnerConfiguration =>
        Servers.Configuration(database => Topology.PrimaryConnectionString(database, DatabaseRoles.Owner));

    /// <param name="onReplica">On the server that was the replica at first.</param>
    public async Task<object?> SqlAsync(string database, string sql, bool onReplica, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(
            $"{_databases.ConnectionString(database, DatabaseRoles.Superuser, onReplica)};Pooling=false");
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(cancellationToken);
    }

    /// <summary>Starts what is not running, and returns when all of it is ready.</summary>
    public Task HealAsync(CancellationToken cancellationToken)
    {
        Weather = 0;
        Proxy.Resume(dropped: false);
        return Task.WhenAll(Instances.Select(async instance =>
        {
            await instance.ContinueAsync();
            await instance.StartAsync(cancellationToken);
        }));
    }

    /// <summary>Runs the Migrator, as an operator does.</summary>
    /// <returns>Exit code; null when it was killed before the end.</returns>
    public async Task<int?> MigratorAsync(
        TimeSpan killAfter, CancellationToken cancellationToken, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet", [SolutionPaths.Assembly("Migrator"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var database in ResourceNames.Databases)
        {
            start.Environment[$"ConnectionStrings__{database}"] = Topology.PrimaryConnectionString(database, DatabaseRoles.Owner);
        }

        using var mover = Process.Start(start)!;
        mover.OutputDataReceived += (_, _) => { };
        mover.ErrorDataReceived += (_, _) => { };
        mover.BeginOutputReadLine();
        mover.BeginErrorReadLine();
        try
        {
            await mover.WaitForExitAsync(cancellationToken).WaitAsync(killAfter, cancellationToken);
            return mover.ExitCode;
        }
        catch (TimeoutException)
        {
            return null;
        }
        finally
        {
            mover.Kill();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var instance in Instances)
        {
            await instance.DisposeAsync();
        }

        Array.ForEach(_clients, client => client.Dispose());
        await Proxy.DisposeAsync();
        await Topology.ContinueAsync();
        await _servers.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private IEnumerable<KeyValuePair<string, string>> Settings() =>
    [
        .. TestService.SettingsOf(_databases).Select(setting => KeyValuePair.Create(
            setting.Key, setting.Value.Replace($"{Topology.Primary}", $"localhost:{Proxy.Port}", StringComparison.Ordinal))),
        new("RateLimits:Burst", "1000000"),
        new("RateLimits:PerSecond", "1000000"),
    ];
}
