using static Fixtures.FailoverNotes;

namespace Integration.Tests.Failover;

/// <summary>With servers that the test breaks. Instances of the service are not restarted.</summary>
public sealed class OldPrimaryTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_old_primary_that_returns_is_refused()
    {
        await using var servers = await StartedServers.StartAsync(Cancellation);
        var databases = await PrepareAsync(servers);
        await using var busy = Start(databases);
        await using var idle = Start(databases);
        await WriteAsync(busy, "busy before");
        await WriteAsync(idle, "idle before");
        await Eventually.TrueAsync(async () => (await NotesAsync(databases, onNew: true)).Count == 2);

        await servers.Topology.KillPrimaryAsync(Cancellation);
        await servers.Topology.PromoteReplicaAsync(Cancellation);
        await WriteAsync(busy, "busy after");
        await servers.Topology.RestartPrimaryAsync(Cancellation);

        // The old primary takes writes by whoever asks it.
        await databases.ExecuteAsync(Shard, "INSERT INTO failover_notes VALUES ('by somebody else')");

        await WriteAsync(idle, "idle after");
        await WriteAsync(busy, "busy again");
        await using var late = Start(databases);
        await WriteAsync(late, "late");

        Assert.Superset(
            new HashSet<string> { "busy after", "idle after", "busy again", "late" }, await NotesAsync(databases, onNew: true));
        Assert.Equal(["busy before", "by somebody else", "idle before"], (await NotesAsync(databases, onNew: false)).Order());
        foreach (var service in new[] { busy, idle, late })
        {
            await AssertRefusedAsync(service, servers.Topology.Primary.ToString(), "is an old primary");
        }
    }
}
