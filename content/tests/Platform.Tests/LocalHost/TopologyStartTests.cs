using System.Net;
using System.Net.Sockets;
using Integration.Tests.Fixtures;
using LocalHost;
using Npgsql;
using Topology;

namespace Platform.Tests.LocalHost;

/// <summary>How the topology starts. The tests share data and leave it in order, so that few have to make it.</summary>
public sealed class TopologyStartTests(TestDirectory directory) : IClassFixture<TestDirectory>
{
    private LocalTopologyOptions Options => LocalTopologyOptions.ForTests(directory.Path);

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

        File.WriteAllText(directory["secrets/app_rw"], "rotated");
        File.WriteAllText(directory["secrets/replicator"], "rotatedToo");
        await using var second = await StartAsync(Options);

        Assert.Equal(7, await Sql.ScalarAsync(second.ConnectionString("shard0", DatabaseRoles.ReadWrite, replica: true), "select value from kept"));
        var outdated = new NpgsqlConnectionStringBuilder(second.ConnectionString("shard0", DatabaseRoles.ReadWrite)) { Password = oldPassword };
        var refused = await Assert.ThrowsAsync<PostgresException>(() => Sql.QueryAsync(outdated.ConnectionString, "select 1"));
        Assert.Equal(PostgresErrorCodes.InvalidPassword, refused.SqlState);

        var another = await Assert.ThrowsAsync<LocalHostException>(() => StartAsync(Options));
        Assert.Contains("Another host is running", another.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_promoted_replica_copies_the_primary_again_and_what_it_had_is_kept_aside()
    {
        await using (var first = await StartAsync(Options))
        {
            await Sql.QueryAsync(first.ConnectionString("postgres", DatabaseRoles.Superuser, replica: true), "select pg_promote()");
        }

        // What an interrupted copy leaves behind must not be in the way.
        Directory.CreateDirectory(directory["postgres-replica/data.new"]);
        await using var second = await StartAsync(Options);
        Assert.Equal("on", await Sql.ScalarAsync(second.ConnectionString("shard0", DatabaseRoles.ReadOnly, replica: true), "show in_hot_standby"));
        Assert.True(File.Exists(directory["postgres-replica/data.promoted/PG_VERSION"]));
    }

    [Fact]
    public async Task Data_that_these_programs_cannot_use_is_refused()
    {
        await (await StartAsync(Options)).DisposeAsync();
        var version = directory["postgres/data/PG_VERSION"];
        var made = File.ReadAllText(version);

        File.WriteAllText(version, "9\n");
        var otherVersion = await Assert.ThrowsAsync<LocalHostException>(() => StartAsync(Options));
        Assert.Contains("was made by PostgreSQL 9, but the programs found are of PostgreSQL", otherVersion.Message, StringComparison.Ordinal);

        File.WriteAllText(version, "");
        var halfMade = await Assert.ThrowsAsync<LocalHostException>(() => StartAsync(Options));
        Assert.Contains("holds no complete PostgreSQL cluster", halfMade.Message, StringComparison.Ordinal);

        File.WriteAllText(version, made);
    }

    [Fact]
    public async Task A_reset_begins_with_new_data_and_secrets()
    {
        string oldPassword;
        await using (var first = await StartAsync(Options))
        {
            oldPassword = first.Password(DatabaseRoles.Owner);
            await Sql.QueryAsync(first.ConnectionString("shard1", DatabaseRoles.Owner), "create table forgotten ()");
        }

        await using var second = await StartAsync(Options with { Reset = true });
        Assert.NotEqual(oldPassword, second.Password(DatabaseRoles.Owner));
        Assert.Empty(await Sql.QueryAsync(second.ConnectionString("shard1", DatabaseRoles.Owner), "select 1 from pg_tables where tablename = 'forgotten'"));
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
