using System.Security.Cryptography;
using Migrator.Migrations;

namespace Fixtures;

/// <summary>A primary, a replica and Redis, with migrated databases that tests copy.</summary>
public sealed class Servers : IAsyncDisposable
{
    private readonly IServers _servers;
    private readonly bool _areKept;
    private int _copies;

    private Servers(IServers servers, bool areKept) => (_servers, _areKept) = (servers, areKept);

    public string Redis => _servers.Redis;

    /// <summary>Migrates the databases of <paramref name="servers"/>, unless they come with the migrations.</summary>
    /// <param name="servers">A primary, a replica and Redis.</param>
    /// <param name="areKept">Whether no test breaks them.</param>
    internal static async Task<Servers> OnAsync(IServers servers, bool areKept = false)
    {
        if (servers is not StartedServers)
        {
            await MigrateAsync(servers);
        }

        return new Servers(servers, areKept);
    }

    internal static async Task MigrateAsync(IServers servers)
    {
        var configuration = Configuration(database => servers.PrimaryConnectionString(database, DatabaseRoles.Owner));
        var outcome = await new MigrationRun(configuration, NullLogger<MigrationRun>.Instance)
            .RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal(MigrationOutcome.UpToDate, outcome);
    }

    public ValueTask DisposeAsync() => _servers.DisposeAsync();

    public string ConnectionString(string database, string role, bool replica = false) =>
        _servers.ConnectionString(database, role, replica);

    /// <summary>Both servers, for clients that look for the primary.</summary>
    public string PrimaryConnectionString(string database, string role) => _servers.PrimaryConnectionString(database, role);

    /// <summary>New databases for one test class, one for each of the service's, and how to reach them.</summary>
    /// <param name="empty">Without the migrations.</param>
    /// <param name="addedShard">A shard beside the usual ones, without the migrations.</param>
    public async Task<TestDatabases> CreateDatabasesAsync(bool empty = false, string? addedShard = null)
    {
        var prefix = $"test{Interlocked.Increment(ref _copies)}_{Environment.ProcessId}_";
        IReadOnlyList<string> shards = addedShard is null ? ResourceNames.Shards : [.. ResourceNames.Shards, addedShard];
        foreach (var database in (IEnumerable<string>)[ResourceNames.Directory, .. shards])
        {
            var copy = prefix + database;
            // The other way to copy writes each page to the log, and the replica writes it once more.
            var template = empty || database == addedShard ? "" : $"TEMPLATE {database} STRATEGY file_copy";
            await ExecuteAsync("postgres", DatabaseRoles.Superuser, $"CREATE DATABASE {copy} OWNER owner {template}");
            if (template.Length == 0)
            {
                await ExecuteAsync(copy, DatabaseRoles.Superuser, """
                    ALTER SCHEMA public OWNER TO owner;
                    GRANT USAGE ON SCHEMA public TO app_rw, app_ro, worker;
                    """);
            }
        }

        return new TestDatabases(this, prefix, shards);
    }

    public async Task ExecuteAsync(string database, string role, string sql, bool replica = false)
    {
        await using var connection = await ConnectAsync(database, role, replica);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>
    /// A connection for one statement of a test. The superuser's are pooled where no test breaks the servers, since a new one
    /// costs more than most statements.
    /// </summary>
    public async Task<NpgsqlConnection> ConnectAsync(string database, string role, bool replica = false)
    {
        var isPooled = _areKept && role == DatabaseRoles.Superuser;
        var connection = new NpgsqlConnection(
            $"{ConnectionString(database, role, replica)};{(isPooled ? "Maximum Pool Size=4;Application Name=tests" : "Pooling=false")}");
        await connection.OpenAsync();
        return connection;
    }

    public static IConfiguration Configuration(Func<string, string> connectionString, IEnumerable<string>? databases = null) =>
        new ConfigurationBuilder()
        .AddInMemoryCollection((databases ?? ResourceNames.Databases).ToDictionary(
            database => $"ConnectionStrings:{database}", database => (string?)connectionString(database)))
        .Build();
}

/// <summary>The databases of one test class.</summary>
/// <param name="shards">The usual ones unless others are given.</param>
public sealed class TestDatabases(Servers servers, string prefix, IReadOnlyList<string>? shards = null)
{
    /// <summary>All instances of a service have the same.</summary>
    private static readonly string SyncTokenKey = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    private readonly IReadOnlyList<string> _shards = shards ?? ResourceNames.Shards;

    public Servers Servers { get; } = servers;

    public IEnumerable<string> Names => [ResourceNames.Directory, .. _shards];

    /// <param name="database">The service's name of it: directory, shard0, …</param>
    public string ConnectionString(string database, string role, bool replica = false) =>
        Servers.ConnectionString(prefix + database, role, replica);

    public Task ExecuteAsync(string database, string sql, string role = DatabaseRoles.Superuser, bool replica = false) =>
        Servers.ExecuteAsync(prefix + database, role, sql, replica);

    public async Task<T> ScalarAsync<T>(string database, string sql, string role = DatabaseRoles.Superuser, bool replica = false)
    {
        await using var connection = await Servers.ConnectAsync(prefix + database, role, replica);
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>What the Migrator is given.</summary>
    public IConfiguration OwnerConfiguration() => Servers.Configuration(
        database => $"{ConnectionString(database, DatabaseRoles.Owner)};Pooling=false", Names);

    /// <summary>What AppHost and LocalHost put into the API's environment.</summary>
    public IEnumerable<KeyValuePair<string, string>> Settings()
    {
        foreach (var database in Names)
        {
            yield return new($"ConnectionStrings:{database}", Primary(database, DatabaseRoles.ReadWrite));
            yield return new(
                $"ConnectionStrings:{DatabaseNames.ReplicaOf(database)}",
                ConnectionString(database, DatabaseRoles.ReadOnly, replica: true));
            yield return new($"ConnectionStrings:{DatabaseNames.WorkerOf(database)}", Primary(database, DatabaseRoles.Worker));
        }

        yield return new("ConnectionStrings:redis", Servers.Redis);
        yield return new("SyncTokens:Key", SyncTokenKey);

        string Primary(string database, string role) => Servers.PrimaryConnectionString(prefix + database, role);
    }

    /// <summary>Waits until the replica has replayed all that the primary has committed so far.</summary>
    public async Task ReplicaHasCaughtUpAsync()
    {
        var position = await ScalarAsync<string>("directory", "SELECT pg_current_wal_flush_lsn()::text");
        await Eventually.TrueAsync(
            () => ScalarAsync<bool>("directory", $"SELECT pg_last_wal_replay_lsn() >= '{position}'::pg_lsn", replica: true),
            seconds: 60);
    }
}
