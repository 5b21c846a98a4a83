using Xunit.Sdk;
using Xunit.v3;

namespace Fixtures;

/// <summary>
/// Sets of servers: a primary, a replica and Redis each, with migrated databases that tests copy. A test class has its set
/// alone, so it may pause the replica. Sets are started on demand. They are the servers of the environment if it names
/// some, else programs of this machine, else containers.
/// </summary>
public sealed class ServerPool : IAsyncLifetime
{
    private readonly SemaphoreSlim _free = new(
        EnvironmentServers.FromEnvironment() is null ? Math.Max(2, Environment.ProcessorCount) : 1);
    private readonly Stack<Servers> _idle = new();
    private readonly List<Servers> _all = [];

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>Waits for a set of servers that no other test class has.</summary>
    internal async Task<Servers> TakeAsync(CancellationToken cancellationToken)
    {
        await _free.WaitAsync(cancellationToken);
        try
        {
            return TakeIdle() ?? await StartAnotherAsync(cancellationToken);
        }
        catch
        {
            // Otherwise the next class would wait for a set that does not exist.
            _free.Release();
            throw;
        }
    }

    internal void Return(Servers servers)
    {
        lock (_idle)
        {
            _idle.Push(servers);
        }

        _free.Release();
    }

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        await Task.WhenAll(_all.Select(servers => servers.DisposeAsync().AsTask()));
        _free.Dispose();
        RunDirectory.Delete();
    }

    private Servers? TakeIdle()
    {
        lock (_idle)
        {
            return _idle.TryPop(out var idle) ? idle : null;
        }
    }

    private async Task<Servers> StartAnotherAsync(CancellationToken cancellationToken)
    {
        var servers = await Servers.OnAsync(await StartAsync(cancellationToken), areKept: true);
        lock (_idle)
        {
            _all.Add(servers);
        }

        return servers;
    }

    private static async Task<IServers> StartAsync(CancellationToken cancellationToken)
    {
        if (EnvironmentServers.FromEnvironment() is { } given)
        {
            return given;
        }

        try
        {
            return await StartedServers.StartAsync(cancellationToken);
        }
        catch (LocalHostException exception) when (ContainerEngine.IsRunning)
        {
            TestContext.Current.SendDiagnosticMessage(
                "Containers are used instead of programs of this machine: {0}", exception.Message);
            return await ContainerTopology.StartAsync(cancellationToken);
        }
    }
}

/// <summary>A set of servers that a test class has alone.</summary>
public class ServersFixture(ServerPool pool) : IAsyncLifetime
{
    private Servers? _servers;

    internal Servers Servers => _servers ?? throw new InvalidOperationException("There are no servers yet.");

    public virtual async ValueTask InitializeAsync() => _servers = await pool.TakeAsync(TestContext.Current.CancellationToken);

    public virtual ValueTask DisposeAsync()
    {
        if (_servers is not null)
        {
            pool.Return(_servers);
        }

        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}
