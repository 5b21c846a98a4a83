using System.Net.Sockets;
using System.Text;
using Npgsql;
using Topology;

namespace LocalHost;

/// <summary>Where a server listens.</summary>
public sealed record ServerAddress(string Host, int Port)
{
    public override string ToString() => $"{Host}:{Port}";
}

/// <summary>
/// A PostgreSQL primary, its streaming replica and Redis, as processes of this machine. They end when this is disposed,
/// and also when this process dies in any other way.
/// </summary>
public sealed partial class LocalTopology : IAsyncDisposable
{
    private const string Host = "localhost";

    /// <summary>Under which the replica is known to the primary (replica.sh).</summary>
    private const string ReplicaName = "replica";

    private readonly LocalTopologyOptions _options;
    private readonly LocalDirectory _directory;
    private readonly DevCertificates _certificates;
    private readonly string _postgresPrograms;
    private readonly string _redisProgram;
    private readonly List<Part> _parts = [];

    private LocalTopology(LocalTopologyOptions options, LocalDirectory directory, string postgresPrograms, string redisProgram)
    {
        _options = options;
        _directory = directory;
        _postgresPrograms = postgresPrograms;
        _redisProgram = redisProgram;
        _certificates = DevCertificates.Ensure(directory.Certificates);
        Primary = new(Host, FreePort.Take(options.PrimaryPort, ResourceNames.Primary));
        Replica = new(Host, FreePort.Take(options.ReplicaPort, ResourceNames.Replica));
        Redis = new(Host, FreePort.Take(options.RedisPort, ResourceNames.Redis));
    }

    public ServerAddress Primary { get; }

    public ServerAddress Replica { get; }

    public ServerAddress Redis { get; }

    public string PrimaryDataDirectory => DataDirectory(ResourceNames.Primary);

    public string ReplicaDataDirectory => DataDirectory(ResourceNames.Replica);

    /// <summary>PEM file of the authority that signed the servers' certificates.</summary>
    public string AuthorityFile => _certificates.AuthorityFile;

    public string RedisConnectionString => $"{Redis},password={Password(ResourceNames.Redis)}";

    /// <summary>Starts all three and returns once the replica streams from the primary.</summary>
    /// <exception cref="LocalHostException">They cannot start; the message says why.</exception>
    public static async Task<LocalTopology> StartAsync(LocalTopologyOptions options, CancellationToken ct)
    {
        var (postgres, redis) = (ServerPrograms.FindPostgres(), ServerPrograms.FindRedis());
        var directory = await LocalDirectory.OpenAsync(options.DataDirectory, options.Reset, ct);
        LocalTopology? topology = null;
        try
        {
            topology = new LocalTopology(options, directory, postgres, redis);
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

    /// <summary>Both servers, for clients that look for the one that is the primary.</summary>
    public string PrimaryConnectionString(string database, string role) =>
        PostgresConnectionString.Create([$"{Primary}", $"{Replica}"], database, role, Password(role), AuthorityFile);

    public async ValueTask DisposeAsync()
    {
        await ContinuePrimaryAsync(); // One that is stopped would not hear that it shall end.
        foreach (var part in Enumerable.Reverse(_parts))
        {
            await part.DisposeAsync();
        }

        _directory.Dispose();
    }

    /// <summary>Starts a further process, which stops before those that were started earlier.</summary>
    internal Part Start(
        string name, string stopSignal, IEnumerable<string> command, IEnumerable<KeyValuePair<string, string>> environment)
    {
        var part = new Part(name, stopSignal, _directory.PidFile(name), command, environment, _options.Log);
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

    private async Task StartServersAsync(CancellationToken ct)
    {
        if (_directory.Servers != _directory.Root)
        {
            _options.Log("localhost", $"PostgreSQL runs as the user postgres, who cannot reach {_directory.Root}: its data is in {_directory.Servers}.");
        }

        var redis = StartRedis();
        var primary = StartPrimary();
        await redis.WaitUntilReadyAsync(RedisAnswersAsync, ct);
        await primary.WaitUntilReadyAsync(PrimaryAnswersAsync, ct);

        var prepared = _options.OnPrimary(this, ct);
        var replica = StartPostgres(
            ResourceNames.Replica,
            "replica.sh",
            Replica,
            [
                new("PRIMARY_HOST", Primary.Host),
                new("PRIMARY_PORT", $"{Primary.Port}"),
                PasswordVariable(DatabaseRoles.Replicator),
            ]);
        await Task.WhenAll(replica.WaitUntilReadyAsync(ReplicaStreamsAsync, ct), prepared);
    }

    private Part StartPrimary() => StartPostgres(
        ResourceNames.Primary,
        "primary.sh",
        Primary,
        [
            new("DATABASES", string.Join(' ', ResourceNames.Databases)),
            new("POSTGRES_USER", DatabaseRoles.Superuser),
            .. DatabaseRoles.All.Append(DatabaseRoles.Superuser).Select(PasswordVariable),
        ],
        _options.SynchronousReplica ? $"-c synchronous_standby_names={ReplicaName}" : "");

    private KeyValuePair<string, string> PasswordVariable(string role) => new(DatabaseRoles.PasswordVariable(role), Password(role));

    private Part StartPostgres(
        string name,
        string script,
        ServerAddress address,
        IEnumerable<KeyValuePair<string, string>> environment,
        string options = "") =>
        // SIGINT is PostgreSQL's fast shutdown: it does not wait for clients to leave.
        Start(name, "INT", ["bash", Path.Combine(AppContext.BaseDirectory, "postgres", script)],
        [
            new("PATH", $"{_postgresPrograms}{Path.PathSeparator}{Environment.GetEnvironmentVariable("PATH")}"),
            new("PGDATA", DataDirectory(name)),
            new("CERTIFICATES", _certificates.Location),
            new("LISTEN_ADDRESSES", address.Host),
            new("PORT", $"{address.Port}"),
            new("POSTGRES_OPTIONS", $"{(_options.Durable ? "" : "-c fsync=off -c full_page_writes=off -c max_connections=1000")} {options}"),
            .. environment,
        ]);

    /// <summary>Redis takes its settings from a file, since other users can read a command line.</summary>
    private Part StartRedis()
    {
        var configuration = Path.Combine(_directory.Redis, "redis.conf");
        PrivateFiles.Write(configuration, $"""
            bind 127.0.0.1
            port {Redis.Port}
            requirepass {Password(ResourceNames.Redis)}
            dir "{Quoted(_directory.Redis)}"
            # A cache: what it loses is read again.
            save ""
            pidfile "{Quoted(RedisPidFile)}"

            """);
        return Start(ResourceNames.Redis, "TERM", [_redisProgram, configuration], []);

        static string Quoted(string path) => path
            .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
    }

    /// <summary>Asks the primary first, since a replica logs an error for each client that comes too early.</summary>
    private async Task<bool> ReplicaStreamsAsync(CancellationToken ct) =>
        await AnswersTrueAsync(
            replica: false, "select exists (select from pg_stat_replication where application_name = 'replica' and state = 'streaming')", ct)
        && await AnswersTrueAsync(replica: true, "select pg_is_in_recovery()", ct);

    private Task<bool> PrimaryAnswersAsync(CancellationToken ct) => AnswersTrueAsync(replica: false, "select true", ct);

    private Task<bool> AnswersTrueAsync(bool replica, string question, CancellationToken ct) =>
        AnswersTrueAsync(ConnectionString("postgres", DatabaseRoles.Superuser, replica), question, ct);

    private static async Task<bool> AnswersTrueAsync(string server, string question, CancellationToken ct) =>
        await AskAsync(server, question, ct) is true;

    private static async Task<object?> AskAsync(string server, string question, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection($"{server};Pooling=false");
        await connection.OpenAsync(ct);
        await using var command = new NpgsqlCommand(question, connection);
        return await command.ExecuteScalarAsync(ct);
    }

    private async Task<bool> RedisAnswersAsync(CancellationToken ct)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(Redis.Host, Redis.Port, ct);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"AUTH {Password(ResourceNames.Redis)}\r\n"), ct);
        var answer = new byte[5];
        return await socket.ReceiveAsync(answer, ct) == answer.Length && answer.AsSpan().SequenceEqual("+OK\r\n"u8);
    }

    private string DataDirectory(string server) => Path.Combine(_directory.Servers, server, "data");
}
