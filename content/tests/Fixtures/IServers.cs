namespace Fixtures;

internal interface IServers : IAsyncDisposable
{
    string Redis { get; }

    /// <summary>One of the two servers, whatever it is at the moment.</summary>
    string ConnectionString(string database, string role, bool replica);

    /// <summary>Both servers, for clients that look for the primary.</summary>
    string PrimaryConnectionString(string database, string role);
}

/// <summary>
/// Servers that somebody else runs: <c>TEST_PRIMARY</c> and <c>TEST_REPLICA</c> are connection strings of a superuser,
/// <c>TEST_REDIS</c> is one of Redis. Topology's roles must be there; the tests become them by <c>SET ROLE</c>.
/// </summary>
internal sealed class EnvironmentServers(string primary, string replica, string redis) : IServers
{
    public string Redis => redis;

    public static EnvironmentServers? FromEnvironment() =>
        Environment.GetEnvironmentVariable("TEST_PRIMARY") is { Length: > 0 } primary
            ? new EnvironmentServers(primary, Required("TEST_REPLICA"), Required("TEST_REDIS"))
            : null;

    public string ConnectionString(string database, string role, bool onReplica)
    {
        var server = new NpgsqlConnectionStringBuilder(onReplica ? replica : primary) { Database = database };
        if (role != server.Username)
        {
            server.Options = $"-c role={role}";
        }

        return server.ConnectionString;
    }

    public string PrimaryConnectionString(string database, string role) => ConnectionString(database, role, onReplica: false);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static string Required(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value
        ? value
        : throw new InvalidOperationException($"TEST_PRIMARY is set and {name} is not: set both, or neither.");
}

/// <summary>Servers from programs of this machine, on a copy of <see cref="PreparedData"/>.</summary>
internal sealed class StartedServers : IServers
{
    private readonly string _directory;
    private readonly LocalTopology _topology;

    private StartedServers(string directory, LocalTopology topology) => (_directory, _topology) = (directory, topology);

    public LocalTopology Topology => _topology;

    public string Redis => _topology.RedisConnectionString;

    public static async Task<StartedServers> StartAsync(CancellationToken cancellationToken, bool synchronousReplica = false)
    {
        var directory = RunDirectory.New("servers");
        await PreparedData.CopyToAsync(directory, cancellationToken);
        return await StartOnAsync(directory, synchronousReplica, cancellationToken);
    }

    /// <summary>Starts them on what is in <paramref name="directory"/>, which is deleted at the end.</summary>
    public static async Task<StartedServers> StartOnAsync(
        string directory, bool synchronousReplica, CancellationToken cancellationToken) => new(
        directory,
        await LocalTopology.StartAsync(
            LocalTopologyOptions.ForTests(directory) with { SynchronousReplica = synchronousReplica }, cancellationToken));

    public string ConnectionString(string database, string role, bool replica) =>
        _topology.ConnectionString(database, role, replica);

    public string PrimaryConnectionString(string database, string role) => _topology.PrimaryConnectionString(database, role);

    public async ValueTask DisposeAsync()
    {
        await _topology.ContinueAsync(); // A server that is stopped would not hear that it shall end.
        await _topology.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }
}
