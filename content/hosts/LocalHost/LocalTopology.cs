using Npgsql;

namespace LocalHost;

/// <summary>
/// A PostgreSQL primary, its streaming replica and Redis, as processes of this machine. They end when this is disposed,
/// and also when this process dies in any other way.
/// </summary>
public sealed class LocalTopology : IAsyncDisposable
{
    private const string Host = "localhost";

    private readonly LocalTopologyOptions _options;
    private readonly LocalDirectory _directory;
    private readonly DevCertificates _certificates;
    private readonly ServerPrograms _programs;
    private readonly PostgresScripts<string> _scripts;
    private readonly List<Part> _parts = [];

    private LocalTopology(LocalTopologyOptions options, LocalDirectory directory, ServerPrograms programs)
    {
        _options = options;
        _directory = directory;
        _programs = programs;
        _scripts = new(text => text, Password);
        _certificates = DevCertificates.Ensure(directory.Certificates);
        Primary = new(Host, FreePort.Take(options.PrimaryPort, ResourceNames.Primary));
        Replica = new(Host, FreePort.Take(options.ReplicaPort, ResourceNames.Replica));
        Redis = new(Host, FreePort.Take(options.RedisPort, ResourceNames.Redis));
        Api = options.ApiPort is { } port ? new(Host, FreePort.Take(port, ResourceNames.Api)) : null;
    }

    public ServerAddress Primary { get; }

    public ServerAddress Replica { get; }

    public ServerAddress Redis { get; }

    /// <summary>Where the API will listen; null when it does not start.</summary>
    public ServerAddress? Api { get; }

    public string PrimaryDataDirectory => _directory.DataOf(ResourceNames.Primary);

    public string ReplicaDataDirectory => _directory.DataOf(ResourceNames.Replica);

    /// <summary>Where Redis keeps redis.pid.</summary>
    internal string RedisDirectory => _directory.Redis;

    /// <summary>PEM file of the authority that signed the servers' certificates.</summary>
    public string AuthorityFile => _certificates.AuthorityFile;

    public string RedisConnectionString => $"{Redis},password={Password(ResourceNames.Redis)}";

    /// <summary>Starts all three and returns once the replica streams from the primary.</summary>
    /// <exception cref="LocalHostException">They cannot start; the message says why.</exception>
    public static async Task<LocalTopology> StartAsync(LocalTopologyOptions options, CancellationToken ct)
    {
        var programs = ServerPrograms.Find();
        var directory = await LocalDirectory.OpenAsync(options.DataDirectory, options.Reset, ct);
        LocalTopology? topology = null;
        try
        {
            topology = new LocalTopology(options, directory, programs);
            await topology.StartServersAsync(ct);
            return topology;
        }
        catch
        {
            await (topology?.DisposeAsync() ?? default);
            directory.Dispose();
            throw;
        }
    }

    /// <summary>Password of a role (<see cref="DatabaseRoles"/>) or of Redis.</summary>
    public string Password(string name) => _directory.Secret(name);

    /// <summary>One of the two servers, whatever it is at the moment.</summary>
    public string ConnectionString(string database, string role, bool replica = false) =>
        PostgresConnectionString.Create(
            Host, $"{(replica ? Replica : Primary).Port}", database, role, Password(role), AuthorityFile);

    /// <summary>A process's connection strings, as variables of its environment.</summary>
    internal IEnumerable<KeyValuePair<string, string>> Variables(IEnumerable<Connection> connections) =>
        connections.Select(connection => new KeyValuePair<string, string>(
            $"ConnectionStrings__{connection.Name}",
            connection.Target == ConnectionTarget.Both
                ? PrimaryConnectionString(connection.Database, connection.Role)
                : ConnectionString(connection.Database, connection.Role, connection.Target == ConnectionTarget.Replica)));

    /// <summary>The API's own settings: where its servers are, and the key that signs its tokens.</summary>
    internal IReadOnlyList<KeyValuePair<string, string>> ApiSettings =>
    [
        .. Variables(Connections.OfApi),
        new($"ConnectionStrings__{ResourceNames.Redis}", RedisConnectionString),
        new("SyncTokens__Key", Password("sync-tokens")),
    ];

    /// <summary>Keeps the API's settings in a directory that an API started elsewhere reads.</summary>
    internal void WriteApiSettings() => _directory.WriteApiSettings(ApiSettings);

    /// <summary>Both servers, for clients that look for the one that is the primary.</summary>
    public string PrimaryConnectionString(string database, string role) =>
        PostgresConnectionString.Create([$"{Primary}", $"{Replica}"], database, role, Password(role), AuthorityFile);

    public async ValueTask DisposeAsync()
    {
        foreach (var part in Enumerable.Reverse(_parts))
        {
            await part.DisposeAsync();
        }

        _directory.Dispose();
    }

    /// <summary>Starts a further process, which stops before those that were started earlier.</summary>
    internal Part Start(
        string name, string stopSignal, IEnumerable<string> command, IEnumerable<KeyValuePair<string, string>> environment,
        ServerAddress? listen = null) =>
        Start(name, ServerPrograms.Supervised(stopSignal, _directory.PidFile(name), command, pipe: true), environment, listen);

    private Part Start(
        string name, IEnumerable<string> supervised, IEnumerable<KeyValuePair<string, string>> environment, ServerAddress? listen)
    {
        var part = new Part(name, supervised, environment, _options.Log, listen);
        _parts.Add(part);
        return part;
    }

    /// <summary>The first value that the primary answers to the superuser with; null for none.</summary>
    internal Task<object?> AskPrimaryAsync(string sql, CancellationToken ct) =>
        AskAsync(ConnectionString("postgres", DatabaseRoles.Superuser), sql, ct);

    /// <summary>Waits until a part that should run on has ended.</summary>
    internal async Task<Part> AnyEndedAsync(CancellationToken ct)
    {
        var running = _parts.Where(part => part.Name != ResourceNames.Migrator).ToArray();
        await Task.WhenAny(running.Select(part => part.Ended)).WaitAsync(ct);
        return running.First(part => part.Ended.IsCompleted);
    }

    /// <summary>Exit code of the part that was started last under this name, once it has ended.</summary>
    internal Task<int> EndedAsync(string name, CancellationToken ct) =>
        _parts.Last(part => part.Name == name).Ended.WaitAsync(ct);

    /// <summary>Starts the primary or Redis again, on its data, once it has ended.</summary>
    internal async Task RestartAsync(string name, CancellationToken ct)
    {
        var index = _parts.FindLastIndex(part => part.Name == name);
        var ended = _parts[index];
        await ended.Ended.WaitAsync(ct);
        var part = name == ResourceNames.Redis ? StartRedis() : StartPrimary();

        // In the place of the one that ended, since parts are stopped in order.
        _parts.Remove(part);
        _parts[index] = part;
        await ended.DisposeAsync();
        await part.WaitUntilReadyAsync(name == ResourceNames.Redis ? RedisAnswersAsync : PrimaryAnswersAsync, ct);
    }

    /// <summary>Starts a server that copies the primary, through the slot of that name.</summary>
    internal Part StartReplica(string name, string slot, ServerAddress address) => StartPostgres(
        name,
        "replica.sh",
        address,
        _scripts.Replica(_directory.DataOf(name), _certificates.Location, Primary.Host, $"{Primary.Port}", slot));

    /// <summary>The first value that a server answers with; null for none.</summary>
    internal static async Task<object?> AskAsync(string server, string question, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection($"{server};Pooling=false");
        await connection.OpenAsync(ct);
        await using var command = new NpgsqlCommand(question, connection);
        return await command.ExecuteScalarAsync(ct);
    }

    private async Task StartServersAsync(CancellationToken ct)
    {
        if (_directory.Notice is { } notice)
        {
            _options.Log("localhost", notice);
        }

        var redis = StartRedis();
        var primary = StartPrimary();
        await redis.WaitUntilReadyAsync(RedisAnswersAsync, ct);
        await primary.WaitUntilReadyAsync(PrimaryAnswersAsync, ct);

        var prepared = _options.OnPrimary(this, ct);
        var replica = StartReplica(ResourceNames.Replica, ResourceNames.ReplicaSlot, Replica);
        await Task.WhenAll(replica.WaitUntilReadyAsync(ReplicaStreamsAsync, ct), prepared);
    }

    private Part StartPrimary() => StartPostgres(
        ResourceNames.Primary,
        "primary.sh",
        Primary,
        _scripts.Primary(PrimaryDataDirectory, _certificates.Location, _options.SynchronousReplica));

    private Part StartPostgres(
        string name, string script, ServerAddress address, IEnumerable<KeyValuePair<string, string>> environment) =>
        Start(name, ServerPrograms.SupervisedPostgres(script, _directory.PidFile(name), pipe: true),
        [
            .. _programs.PostgresEnvironment,
            new("PORT", $"{address.Port}"),
            new("POSTGRES_OPTIONS", _options.Durable ? "" : "-c fsync=off -c full_page_writes=off -c max_connections=1000"),
            .. environment,
        ],
        address);

    private Part StartRedis() => Start(
        ResourceNames.Redis,
        _programs.SupervisedRedis(_directory.PidFile(ResourceNames.Redis), pipe: true),
        [
            new("PORT", $"{Redis.Port}"),
            new("REDIS_DIRECTORY", _directory.Redis),
            new("REDIS_PASSWORD", Password(ResourceNames.Redis)),
        ],
        Redis);

    /// <summary>Asks the primary first, since a replica logs an error for each client that comes too early.</summary>
    private async Task<bool> ReplicaStreamsAsync(CancellationToken ct) =>
        await AnswersTrueAsync(
            replica: false,
            "select exists (select from pg_stat_replication where application_name = 'replica' and state = 'streaming')", ct)
        && await AnswersTrueAsync(replica: true, "select pg_is_in_recovery()", ct);

    private async Task<bool> PrimaryAnswersAsync(CancellationToken ct) =>
        new Postmaster(PrimaryDataDirectory).IsReady && await AnswersTrueAsync(replica: false, "select true", ct);

    private async Task<bool> AnswersTrueAsync(bool replica, string question, CancellationToken ct) =>
        await AskAsync(ConnectionString("postgres", DatabaseRoles.Superuser, replica), question, ct) is true;

    private Task<bool> RedisAnswersAsync(CancellationToken ct) =>
        RedisServer.AnswersAsync(Redis, Password(ResourceNames.Redis), ct);
}
