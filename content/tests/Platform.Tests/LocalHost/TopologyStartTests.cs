using System.Net.Sockets;
using System.Text.RegularExpressions;
using StackExchange.Redis;

namespace Platform.Tests.LocalHost;

/// <summary>How the topology starts. The tests share data and leave it in order, so that few have to make it.</summary>
public sealed partial class TopologyStartTests(TestDirectory directory) : IClassFixture<TestDirectory>
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

        Assert.Equal(7, await Sql.ScalarAsync(
            second.ConnectionString("shard0", DatabaseRoles.ReadWrite, replica: true), "select value from kept"));
        var outdated = new NpgsqlConnectionStringBuilder(
            second.ConnectionString("shard0", DatabaseRoles.ReadWrite))
        { Password = oldPassword };
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
            await Sql.QueryAsync(
                first.ConnectionString("postgres", DatabaseRoles.Superuser, replica: true), "select pg_promote()");
        }

        // What an interrupted copy leaves behind must not be in the way.
        Directory.CreateDirectory(directory["postgres-replica/data.new"]);
        await using var second = await StartAsync(Options);
        Assert.Equal("on", await Sql.ScalarAsync(
            second.ConnectionString("shard0", DatabaseRoles.ReadOnly, replica: true), "show in_hot_standby"));
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
        Assert.Contains(
            "was made by PostgreSQL 9, but the programs found are of PostgreSQL", otherVersion.Message, StringComparison.Ordinal);

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
        Assert.Empty(await Sql.QueryAsync(
            second.ConnectionString("shard1", DatabaseRoles.Owner), "select 1 from pg_tables where tablename = 'forgotten'"));
    }

    [Fact]
    public async Task A_taken_port_is_named()
    {
        using var occupant = Occupy(0);
        var port = PortOf(occupant);

        var refused = await Assert.ThrowsAsync<LocalHostException>(() => StartAsync(Options with { ReplicaPort = port }));
        Assert.StartsWith($"Port {port}, meant for postgres-replica, is taken.", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_taken_port_of_the_API_is_named_before_a_server_starts()
    {
        using var occupant = Occupy(0);
        var started = new ConcurrentQueue<string>();

        var refused = await Assert.ThrowsAsync<LocalHostException>(
            () => StartAsync(Options with { ApiPort = PortOf(occupant), Log = (part, _) => started.Enqueue(part) }));
        Assert.StartsWith($"Port {PortOf(occupant)}, meant for api, is taken.", refused.Message, StringComparison.Ordinal);
        Assert.Empty(started);
    }

    [Fact]
    public async Task A_port_that_is_taken_after_the_check_is_named()
    {
        TcpListener? occupant = null;
        var options = Options with
        {
            // Runs before the replica starts.
            OnPrimary = (topology, _) =>
            {
                occupant = Occupy(topology.Replica.Port);
                return Task.CompletedTask;
            },
        };

        var refused = await Assert.ThrowsAsync<LocalHostException>(() => StartAsync(options));
        Assert.Equal(
            $"Port {PortOf(occupant!)}, meant for postgres-replica, is taken. "
            + "Stop the program that listens on it, or pass --ephemeral-ports.", refused.Message);
        occupant!.Dispose();
    }

    [Fact]
    public async Task A_first_start_logs_no_error()
    {
        using var empty = new TestDirectory();
        var lines = new ConcurrentQueue<string>();
        await using (
            await StartAsync(LocalTopologyOptions.ForTests(empty.Path) with
            {
                OnPrimary = Services.MigrateAsync,
                Log = (part, line) => lines.Enqueue($"{part} {line}"),
            }))
        {
            Assert.Contains(lines, line => line.Contains("is up to date", StringComparison.Ordinal));
            Assert.DoesNotContain(lines, line => ErrorInLog().IsMatch(line));
        }
    }

    [Fact]
    public async Task A_data_directory_may_have_any_name()
    {
        var options = LocalTopologyOptions.ForTests(directory["""it's a "strange" \ $HOME; name=1 %p ä"""]);
        await (await StartAsync(options)).DisposeAsync();
        await using var topology = await StartAsync(options);

        Assert.Equal(
            "on", await Sql.ScalarAsync(
                topology.ConnectionString("shard0", DatabaseRoles.ReadOnly, replica: true), "show in_hot_standby"));
        await using var redis = await ConnectionMultiplexer.ConnectAsync(topology.RedisConnectionString);
        Assert.True(await redis.GetDatabase().PingAsync() > TimeSpan.Zero);
    }

    [GeneratedRegex("FATAL|ERROR|fail:|crit:|does not exist")]
    private static partial Regex ErrorInLog();

    private static TcpListener Occupy(int port)
    {
        var occupant = new TcpListener(IPAddress.Loopback, port);
        occupant.Start();
        return occupant;
    }

    private static int PortOf(TcpListener occupant) => ((IPEndPoint)occupant.LocalEndpoint).Port;

    private static Task<LocalTopology> StartAsync(LocalTopologyOptions options) =>
        LocalTopology.StartAsync(options, TestContext.Current.CancellationToken);
}
