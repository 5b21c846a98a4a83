using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Configurations;

namespace Platform.Tests.Containers;

/// <summary>
/// The topology's scripts inside the postgres image. What they must do wherever they run is tested where they start
/// faster, as processes: see <see cref="TopologyTests"/>.
/// </summary>
[Trait("Category", "Containers")]
public sealed class PostgresContainersTests(PostgresContainersFixture fixture) : IClassFixture<PostgresContainersFixture>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private PostgresContainers Servers => fixture.Servers;

    private string Superuser => Servers.ConnectionString("postgres", DatabaseRoles.Superuser);

    [ContainerFact]
    public async Task The_replica_is_in_recovery_and_streams_over_TLS()
    {
        Assert.Equal(false, await Sql.ScalarAsync(Superuser, "select pg_is_in_recovery()"));
        Assert.Equal(true, await Sql.ScalarAsync(
            Servers.ConnectionString("postgres", DatabaseRoles.Superuser, replica: true), "select pg_is_in_recovery()"));
        Assert.Equal("streaming TLS", await Sql.ScalarAsync(Superuser, """
            select replication.state || case when ssl.ssl then ' TLS' else ' plain' end
            from pg_stat_replication replication join pg_stat_ssl ssl using (pid)
            where application_name = 'replica'
            """));
    }

    [ContainerFact]
    public async Task A_row_written_on_the_primary_arrives_on_the_replica_and_outlives_the_containers()
    {
        var owner = Servers.ConnectionString("shard0", DatabaseRoles.Owner);
        await Sql.QueryAsync(owner, "create table arrival as select 42 as answer");
        await ArrivesOnTheReplicaAsync(42);

        await Servers.ReplaceAsync(Cancellation);

        await ArrivesOnTheReplicaAsync(42);
        owner = Servers.ConnectionString("shard0", DatabaseRoles.Owner); // The ports have changed.
        await Sql.QueryAsync(owner, "update arrival set answer = 43");
        await ArrivesOnTheReplicaAsync(43);
    }

    [ContainerFact]
    public async Task Every_role_reaches_its_databases_on_both_servers()
    {
        foreach (var role in DatabaseRoles.All.Except([DatabaseRoles.Replicator]))
        {
            foreach (var database in ResourceNames.Databases)
            {
                Assert.Equal(role, await Sql.ScalarAsync(Servers.ConnectionString(database, role), "select current_user::text"));
                Assert.Equal(role,
                    await Sql.ScalarAsync(Servers.ConnectionString(database, role, replica: true), "select current_user::text"));
            }
        }
    }

    [ContainerFact]
    public Task Plain_text_is_refused_by_the_primary() => RefusesPlainTextAsync(replica: false);

    [ContainerFact]
    public Task Plain_text_is_refused_by_the_replica() => RefusesPlainTextAsync(replica: true);

    [ContainerFact]
    public async Task The_server_runs_as_postgres_and_its_key_is_private_to_it()
    {
        Assert.Equal("postgres", await Servers.ExecuteAsync("stat", "-c", "%U", "/proc/1"));
        Assert.Equal(
            "postgres 600", await Servers.ExecuteAsync("stat", "-c", "%U %a", $"{Servers.DataDirectory}-config/server.key"));
    }

    [ContainerFact]
    public Task Half_of_a_cluster_is_not_touched() =>
        RefusesAsync("touch $PGDATA/postgresql.conf", "holds no complete PostgreSQL cluster");

    [ContainerFact]
    public Task A_cluster_of_another_version_is_not_touched() =>
        RefusesAsync("echo 9 | tee $PGDATA/PG_VERSION $PGDATA/global/pg_control", "was made by PostgreSQL 9, but");

    private async Task RefusesPlainTextAsync(bool replica)
    {
        var plain = new NpgsqlConnectionStringBuilder(Servers.ConnectionString("shard0", DatabaseRoles.ReadOnly, replica))
        {
            SslMode = SslMode.Disable,
            RootCertificate = null,
        };
        var refused = await Assert.ThrowsAsync<PostgresException>(() => Sql.QueryAsync(plain.ConnectionString, "select 1"));

        Assert.Equal(PostgresErrorCodes.InvalidAuthorizationSpecification, refused.SqlState);
    }

    /// <summary>
    /// A primary whose data directory <paramref name="command"/> has filled ends with <paramref name="sentence"/>.
    /// </summary>
    private async Task RefusesAsync(string command, string sentence)
    {
        var script = $"""
            install -d -o postgres $(dirname $PGDATA) $PGDATA $PGDATA/global && {command} &&
            exec {PostgresContainer.Entrypoint} {PostgresContainer.PrimaryArguments[0]}
            """;
        await using var container = Servers.NewPrimary("-c", script)
            .WithWaitStrategy(Wait.ForUnixContainer().UntilMessageIsLogged(sentence, wait => wait
                .WithMode(WaitStrategyMode.OneShot).WithInterval(TimeSpan.FromMilliseconds(100))
                    .WithTimeout(TimeSpan.FromSeconds(30))))
            .Build();
        await container.StartAsync(Cancellation);

        Assert.Equal(78, await container.GetExitCodeAsync(Cancellation));
    }

    private async Task ArrivesOnTheReplicaAsync(int answer)
    {
        var replica = Servers.ConnectionString("shard0", DatabaseRoles.Owner, replica: true);
        var waited = Stopwatch.StartNew();
        while ((await Sql.QueryAsync(replica, "select 1 from pg_tables where tablename = 'arrival'")).Count == 0
            || !answer.Equals(await Sql.ScalarAsync(replica, "select answer from arrival")))
        {
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(10), $"{answer} did not arrive.");
        }
    }
}
