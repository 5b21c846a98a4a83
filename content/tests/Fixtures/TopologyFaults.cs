namespace Fixtures;

/// <summary>What happens to servers, done on purpose.</summary>
internal static class TopologyFaults
{
    /// <summary>The primary crashes: all its processes die at once.</summary>
    public static async Task KillPrimaryAsync(this LocalTopology topology, CancellationToken ct)
    {
        await topology.ContinueAsync();
        await StopAsync(topology.PrimaryDataDirectory);
        await SignalAsync("KILL", await ProcessesAsync(topology.PrimaryDataDirectory));
        await topology.EndedAsync(ResourceNames.Primary, ct);
    }

    /// <summary>Starts the primary again on the data that it had. It knows nothing of a promotion meanwhile.</summary>
    public static Task RestartPrimaryAsync(this LocalTopology topology, CancellationToken ct) =>
        topology.RestartAsync(ResourceNames.Primary, ct);

    /// <summary>The primary hangs: its connections stay open and nobody answers. What is sent to it is not lost.</summary>
    public static Task StopPrimaryAsync(this LocalTopology topology) => StopAsync(topology.PrimaryDataDirectory);

    public static Task StopReplicaAsync(this LocalTopology topology) => StopAsync(topology.ReplicaDataDirectory);

    /// <summary>A server that was stopped goes on.</summary>
    public static async Task ContinueAsync(this LocalTopology topology) => await SignalAsync(
        "CONT",
        [.. await ProcessesAsync(topology.PrimaryDataDirectory), .. await ProcessesAsync(topology.ReplicaDataDirectory)]);

    /// <summary>Adds a replica beside the one that every topology has, and returns once it answers.</summary>
    public static async Task<ServerAddress> AddReplicaAsync(this LocalTopology topology, string name, CancellationToken ct)
    {
        await topology.AskPrimaryAsync($"SELECT pg_create_physical_replication_slot('{name}')", ct);
        var address = new ServerAddress("localhost", FreePort.Take(0, name));
        var superuser = topology.ConnectionString("postgres", DatabaseRoles.Superuser, address);
        await topology.StartReplica(name, name, address).WaitUntilReadyAsync(
            async ct => await LocalTopology.AskAsync(superuser, "select pg_is_in_recovery()", ct) is true, ct);
        return address;
    }

    public static string ConnectionString(this LocalTopology topology, string database, string role, ServerAddress server) =>
        PostgresConnectionString.Create(
            server.Host, $"{server.Port}", database, role, topology.Password(role), topology.AuthorityFile);

    /// <summary>Completes when the replica takes writes.</summary>
    public static async Task PromoteReplicaAsync(this LocalTopology topology, CancellationToken ct) =>
        Assert.Equal(true, await LocalTopology.AskAsync(
            topology.ConnectionString("postgres", DatabaseRoles.Superuser, replica: true), "select pg_promote()", ct));

    public static async Task KillRedisAsync(this LocalTopology topology, CancellationToken ct)
    {
        await SignalAsync("KILL", int.Parse(File.ReadAllText(Path.Combine(topology.RedisDirectory, "redis.pid")), null));
        await topology.EndedAsync(ResourceNames.Redis, ct);
    }

    /// <summary>It comes back empty.</summary>
    public static Task RestartRedisAsync(this LocalTopology topology, CancellationToken ct) =>
        topology.RestartAsync(ResourceNames.Redis, ct);

    /// <summary>Stops a server, then what it has started, which then cannot grow any more.</summary>
    private static async Task StopAsync(string dataDirectory)
    {
        await SignalAsync("STOP", new Postmaster(dataDirectory).ProcessId);
        await SignalAsync("STOP", await ProcessesAsync(dataDirectory));
    }

    /// <summary>A server's processes; none if it does not run.</summary>
    private static async Task<int[]> ProcessesAsync(string dataDirectory)
    {
        var server = new Postmaster(dataDirectory);
        if (!server.Exists)
        {
            return [];
        }

        var parent = server.ProcessId;
        return
        [
            parent,
            .. from line in (await RunAsync("ps", "-A", "-o", "pid=,ppid=")).Split('\n', StringSplitOptions.RemoveEmptyEntries)
               let fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
               where int.Parse(fields[1], null) == parent
               select int.Parse(fields[0], null),
        ];
    }

    /// <summary>One that has ended by itself meanwhile is no error.</summary>
    private static Task SignalAsync(string signal, params int[] processes) => processes.Length == 0
        ? Task.CompletedTask
        : RunAsync("kill", ["-s", signal, .. processes.Select(process => $"{process}")]);

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return output;
    }
}
