using System.Security.Cryptography;
using Infrastructure.Persistence;
using Infrastructure.Persistence.Migrations;
using Integration.Tests.Containers;
using Integration.Tests.Fixtures;
using LocalHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Topology;

[assembly: AssemblyFixture(typeof(Servers))]

namespace Integration.Tests.Fixtures;

/// <summary>
/// A primary, a replica and Redis for the whole run, with migrated databases that tests copy. The servers are those of
/// the environment if it names some, else programs of this machine, else containers.
/// </summary>
public sealed class Servers : IAsyncLifetime
{
    private IServers? _servers;
    private int _copies;

    public string Redis => Started.Redis;

    private IServers Started => _servers ?? throw new InvalidOperationException("The servers have not started.");

    public async ValueTask InitializeAsync()
    {
        _servers = EnvironmentServers.FromEnvironment() ?? await StartAsync(TestContext.Current.CancellationToken);
        await MigrateAsync();
    }

    /// <summary>Servers of a test's own, which it may break, with migrated databases.</summary>
    internal static async Task<Servers> OnAsync(IServers servers)
    {
        var own = new Servers { _servers = servers };
        await own.MigrateAsync();
        return own;
    }

    private async Task MigrateAsync()
    {
        var configuration = Configuration(database => PrimaryConnectionString(database, DatabaseRoles.Owner));
        var outcome = await new MigrationRun(configuration, NullLogger<MigrationRun>.Instance)
            .RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal(MigrationOutcome.UpToDate, outcome);
    }

    private static async Task<IServers> StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await StartedServers.StartAsync(cancellationToken);
        }
        catch (LocalHostException exception) when (ContainerEngine.IsRunning)
        {
            TestContext.Current.SendDiagnosticMessage("Containers are used instead of programs of this machine: {0}", exception.Message);
            return await ContainerTopology.StartAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_servers is not null)
        {
            NpgsqlConnection.ClearAllPools();
            await _servers.DisposeAsync();
        }
    }

    public string ConnectionString(string database, string role, bool replica = false) =>
        Started.ConnectionString(database, role, replica);

    /// <summary>Both servers, for clients that look for the primary.</summary>
    public string PrimaryConnectionString(string database, string role) => Started.PrimaryConnectionString(database, role);

    /// <summary>New databases for one test class, one for each of the service's, and how to reach them.</summary>
    /// <param name="empty">Without the migrations.</param>
    /// <param name="addedShard">A shard beside the usual ones, without the migrations.</param>
    public async Task<Databases> CreateDatabasesAsync(bool empty = false, string? addedShard = null)
    {
        var prefix = $"test{Interlocked.Increment(ref _copies)}_{Environment.ProcessId}_";
        IReadOnlyList<string> shards = addedShard is null ? ResourceNames.Shards : [.. ResourceNames.Shards, addedShard];
        foreach (var database in (IEnumerable<string>)[ResourceNames.Directory, .. shards])
        {
            var copy = prefix + database;
            var template = empty || database == addedShard ? "" : $"TEMPLATE {database}";
            await ExecuteAsync("postgres", DatabaseRoles.Superuser, $"CREATE DATABASE {copy} OWNER owner {template}");
            await ExecuteAsync(copy, DatabaseRoles.Superuser, """
                ALTER SCHEMA public OWNER TO owner;
                GRANT USAGE ON SCHEMA public TO app_rw, app_ro, worker;
                """);
        }

        return new Databases(this, prefix, shards);
    }

    public async Task ExecuteAsync(string database, string role, string sql, bool replica = false)
    {
        await using var connection = new NpgsqlConnection($"{ConnectionString(database, role, replica)};Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    public static IConfiguration Configuration(Func<string, string> connectionString, IEnumerable<string>? databases = null) => new ConfigurationBuilder()
        .AddInMemoryCollection((databases ?? ResourceNames.Databases).ToDictionary(
            database => $"ConnectionStrings:{database}", database => (string?)connectionString(database)))
        .Build();
}

/// <summary>The databases of one test class.</summary>
/// <param name="shards">The usual ones unless others are given.</param>
public sealed class Databases(Servers servers, string prefix, IReadOnlyList<string>? shards = null)
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
        await using var connection = new NpgsqlConnection($"{ConnectionString(database, role, replica)};Pooling=false");
        await connection.OpenAsync();
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
            () => ScalarAsync<bool>("directory", $"SELECT pg_last_wal_replay_lsn() >= '{position}'::pg_lsn", replica: true), seconds: 60);
    }
}
