using System.Net;
using System.Net.Sockets;
using Acme.Service.LocalHost;
using Acme.Service.Topology;
using Npgsql;

namespace Acme.Service.Integration.Tests.LocalHost;

/// <summary>How the topology starts, on data of its own.</summary>
public sealed class TopologyStartTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    private LocalTopologyOptions Options => LocalTopologyOptions.ForTests(_directory.Path);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_second_start_reuses_the_data_and_follows_new_passwords()
    {
        string oldPassword;
        await using (var first = await StartAsync(Options))
        {
            oldPassword = first.Password(DatabaseRoles.ReadWrite);
            await Sql.QueryAsync(
                first.ConnectionString("shard0", DatabaseRoles.Owner),
                "create table kept as select 7 as value; grant select on kept to app_rw");
        }

        File.WriteAllText(_directory["secrets/app_rw"], "rotated");
        File.WriteAllText(_directory["secrets/replicator"], "rotatedToo");
        await using var second = await StartAsync(Options);

        Assert.Equal(7, await Sql.ScalarAsync(second.ConnectionString("shard0", DatabaseRoles.ReadWrite, replica: true), "select value from kept"));
        var outdated = new NpgsqlConnectionStringBuilder(second.ConnectionString("shard0", DatabaseRoles.ReadWrite)) { Password = oldPassword };
        var refused = await Assert.ThrowsAsync<PostgresException>(() => Sql.QueryAsync(outdated.ConnectionString, "select 1"));
        Assert.Equal(PostgresErrorCodes.InvalidPassword, refused.SqlState);

        var another = await Assert.ThrowsAsync<LocalHostException>(() => StartAsync(Options));
        Assert.Contains("Another LocalHost is running", another.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_promoted_replica_is_not_taken_for_one()
    {
        await using (var first = await StartAsync(Options))
        {
            await Sql.QueryAsync(first.ConnectionString("postgres", DatabaseRoles.Superuser, replica: true), "select pg_promote()");
        }

        var refused = await Assert.ThrowsAsync<LocalHostException>(() => StartAsync(Options));
        Assert.Contains("since it was promoted", refused.Message, StringComparison.Ordinal);

        await using var reset = await StartAsync(Options with { Reset = true });
        Assert.Empty(await Sql.QueryAsync(reset.ConnectionString("shard0", DatabaseRoles.Owner), "select 1 from pg_tables where schemaname = 'public'"));
    }

    [Fact]
    public async Task Data_that_these_programs_cannot_use_is_refused()
    {
        await (await StartAsync(Options)).DisposeAsync();

        File.WriteAllText(_directory["postgres/data/PG_VERSION"], "9\n");
        var otherVersion = await Assert.ThrowsAsync<LocalHostException>(() => StartAsync(Options));
        Assert.Contains("was made by PostgreSQL 9, but the programs found are of PostgreSQL", otherVersion.Message, StringComparison.Ordinal);

        File.Delete(_directory["postgres/data/PG_VERSION"]);
        var halfMade = await Assert.ThrowsAsync<LocalHostException>(() => StartAsync(Options));
        Assert.Contains("holds no complete PostgreSQL cluster", halfMade.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_copy_of_the_primary_that_was_interrupted_is_made_anew()
    {
        await (await StartAsync(Options)).DisposeAsync();
        Directory.Delete(_directory["postgres-replica/data"], recursive: true);
        Directory.CreateDirectory(_directory["postgres-replica/data.new"]);

        await using var topology = await StartAsync(Options);
        Assert.Equal("on", await Sql.ScalarAsync(topology.ConnectionString("directory", DatabaseRoles.ReadOnly, replica: true), "show in_hot_standby"));
        Assert.False(Directory.Exists(_directory["postgres-replica/data.new"]));
    }

    [Fact]
    public async Task A_taken_port_is_named()
    {
        using var occupant = new TcpListener(IPAddress.Loopback, 0);
        occupant.Start();
        var port = ((IPEndPoint)occupant.LocalEndpoint).Port;

        var refused = await Assert.ThrowsAsync<LocalHostException>(() => StartAsync(Options with { ReplicaPort = port }));
        Assert.StartsWith($"Port {port}, meant for postgres-replica, is taken.", refused.Message, StringComparison.Ordinal);
    }

    private static Task<LocalTopology> StartAsync(LocalTopologyOptions options) =>
        LocalTopology.StartAsync(options, TestContext.Current.CancellationToken);
}
