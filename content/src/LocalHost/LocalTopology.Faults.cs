using System.Diagnostics;
using Npgsql;
using Topology;

namespace LocalHost;

/// <summary>What happens to servers, done on purpose: for tests.</summary>
public sealed partial class LocalTopology
{
    private int[] _stopped = [];

    private string RedisPidFile => Path.Combine(_directory.Redis, "redis.pid");

    private Postmaster Postmaster => new(PrimaryDataDirectory);

    /// <summary>The primary crashes: all its processes die at once.</summary>
    internal async Task KillPrimaryAsync(CancellationToken ct)
    {
        await ContinueAsync();
        var processes = await FreezeAsync(Postmaster.ProcessId);
        await SignalAsync("KILL", processes);
        await EndedAsync(ResourceNames.Primary, ct);
    }

    /// <summary>Starts the primary again on the data that it had. It knows nothing of a promotion meanwhile.</summary>
    internal Task RestartPrimaryAsync(CancellationToken ct) => RestartAsync(ResourceNames.Primary, StartPrimary, PrimaryAnswersAsync, ct);

    /// <summary>The primary hangs: its connections stay open and nobody answers. What is sent to it is not lost.</summary>
    internal async Task StopPrimaryAsync() => _stopped = await FreezeAsync(Postmaster.ProcessId);

    /// <summary>The same of the replica. One topology stops one of the two at a time.</summary>
    internal async Task StopReplicaAsync() => _stopped = await FreezeAsync(new Postmaster(ReplicaDataDirectory).ProcessId);

    /// <summary>The server that was stopped goes on.</summary>
    internal async Task ContinueAsync()
    {
        var stopped = Interlocked.Exchange(ref _stopped, []);
        await SignalAsync("CONT", stopped);
    }

    /// <summary>Adds a replica beside the one that every topology has, and returns once it answers.</summary>
    internal async Task<ServerAddress> AddReplicaAsync(string name, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection($"{ConnectionString("postgres", DatabaseRoles.Superuser)};Pooling=false");
        await connection.OpenAsync(ct);
        await using var command = new NpgsqlCommand("SELECT pg_create_physical_replication_slot($1)", connection) { Parameters = { new() { Value = name } } };
        await command.ExecuteNonQueryAsync(ct);

        var address = new ServerAddress(Host, FreePort.Take(0, name));
        var part = StartReplica(name, name, address);
        await part.WaitUntilReadyAsync(ct => AnswersTrueAsync(ConnectionString("postgres", DatabaseRoles.Superuser, address), "select pg_is_in_recovery()", ct), ct);
        return address;
    }

    internal string ConnectionString(string database, string role, ServerAddress server) =>
        PostgresConnectionString.Create(server.Host, $"{server.Port}", database, role, Password(role), AuthorityFile);

    /// <summary>Completes when the replica takes writes.</summary>
    internal async Task PromoteReplicaAsync(CancellationToken ct)
    {
        if (!await AnswersTrueAsync(replica: true, "select pg_promote()", ct))
        {
            throw new LocalHostException("The replica was not promoted.");
        }
    }

    internal async Task KillRedisAsync(CancellationToken ct)
    {
        await SignalAsync("KILL", ReadPid(RedisPidFile));
        await EndedAsync(ResourceNames.Redis, ct);
    }

    /// <summary>It comes back empty.</summary>
    internal Task RestartRedisAsync(CancellationToken ct) => RestartAsync(ResourceNames.Redis, StartRedis, RedisAnswersAsync, ct);

    private Task<int> EndedAsync(string name, CancellationToken ct) => _parts.Last(part => part.Name == name).Ended.WaitAsync(ct);

    private async Task RestartAsync(string name, Func<Part> start, Func<CancellationToken, Task<bool>> isReady, CancellationToken ct)
    {
        var index = _parts.FindLastIndex(part => part.Name == name);
        var ended = _parts[index];
        await ended.Ended.WaitAsync(ct);
        var part = start();

        // In the place of the one that ended, since parts are stopped in order.
        _parts.Remove(part);
        _parts[index] = part;
        await ended.DisposeAsync();
        await part.WaitUntilReadyAsync(isReady, ct);
    }

    /// <summary>Stops a process, then what it has started, which then cannot grow any more. Returns all of them.</summary>
    private static async Task<int[]> FreezeAsync(int parent)
    {
        await SignalAsync("STOP", parent);
        var children = await RunAsync("ps", "-A", "-o", "pid=,ppid=");
        int[] all =
        [
            parent,
            .. from line in children.Split('\n', StringSplitOptions.RemoveEmptyEntries)
               let fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
               where int.Parse(fields[1], null) == parent
               select int.Parse(fields[0], null),
        ];
        await SignalAsync("STOP", all);
        return all;
    }

    /// <summary>One that has ended by itself meanwhile is no error.</summary>
    private static Task SignalAsync(string signal, params int[] processes) => processes.Length == 0
        ? Task.CompletedTask
        : RunAsync("kill", ["-s", signal, .. processes.Select(process => $"{process}")]);

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return output;
    }

    private static int ReadPid(string file) => int.Parse(File.ReadLines(file).First(), null);
}
