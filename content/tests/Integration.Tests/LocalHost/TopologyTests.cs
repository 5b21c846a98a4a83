using System.Security.Authentication;
using Npgsql.Replication;
using StackExchange.Redis;

namespace Integration.Tests.LocalHost;

public sealed class TopologyTests(TopologyFixture fixture) : IClassFixture<TopologyFixture>
{
    private readonly LocalTopology _topology = fixture.Topology;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Superuser => _topology.ConnectionString("postgres", DatabaseRoles.Superuser);

    [Fact]
    public async Task The_replica_streams_over_TLS_through_its_slot()
    {
        Assert.Equal("streaming TLS", await Sql.ScalarAsync(Superuser, """
            select replication.state || case when ssl.ssl then ' TLS' else ' plain' end
            from pg_stat_replication replication join pg_stat_ssl ssl using (pid)
            where application_name = 'replica'
            """));
        Assert.Equal(
            true, await Sql.ScalarAsync(Superuser, "select active from pg_replication_slots where slot_name = 'replica'"));
    }

    [Fact]
    public async Task A_row_written_on_the_primary_arrives_on_the_replica()
    {
        await Sql.QueryAsync(
            _topology.ConnectionString("shard0", DatabaseRoles.Owner),
            "create table arrival as select 42 as answer; grant select on arrival to app_ro");

        var replica = _topology.ConnectionString("shard0", DatabaseRoles.ReadOnly, replica: true);
        var waited = Stopwatch.StartNew();
        while ((await Sql.QueryAsync(replica, "select 1 from pg_tables where tablename = 'arrival'")).Count == 0)
        {
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(10), "The table did not arrive.");
        }

        Assert.Equal(42, await Sql.ScalarAsync(replica, "select answer from arrival"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_server_is_reached_over_TLS_with_its_certificate_and_name_verified(bool replica)
    {
        var settings = new NpgsqlConnectionStringBuilder(_topology.ConnectionString("shard0", DatabaseRoles.ReadOnly, replica));

        Assert.Equal(SslMode.VerifyFull, settings.SslMode);
        Assert.Equal(_topology.AuthorityFile, settings.RootCertificate);
        Assert.Equal($"True {replica}", await Sql.ScalarAsync(settings.ConnectionString, """
            select initcap(ssl::text) || ' ' || initcap(pg_is_in_recovery()::text) from pg_stat_ssl where pid = pg_backend_pid()
            """));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Plain_text_is_refused(bool replica)
    {
        var plain = new NpgsqlConnectionStringBuilder(_topology.ConnectionString("shard0", DatabaseRoles.ReadOnly, replica))
        {
            SslMode = SslMode.Disable,
            RootCertificate = null,
        };
        var refused = await Assert.ThrowsAsync<PostgresException>(() => Sql.QueryAsync(plain.ConnectionString, "select 1"));

        Assert.Equal(PostgresErrorCodes.InvalidAuthorizationSpecification, refused.SqlState);
    }

    [Fact]
    public async Task Plain_text_replication_is_refused()
    {
        var plain = new NpgsqlConnectionStringBuilder(_topology.ConnectionString("postgres", DatabaseRoles.Replicator))
        {
            SslMode = SslMode.Disable,
            RootCertificate = null,
        };
        await using var connection = new PhysicalReplicationConnection(plain.ConnectionString);
        var refused = await Assert.ThrowsAsync<PostgresException>(() => connection.Open(Cancellation));

        Assert.Equal(PostgresErrorCodes.InvalidAuthorizationSpecification, refused.SqlState);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_certificate_of_another_authority_is_refused(bool replica)
    {
        using var directory = new TestDirectory();
        var other = new NpgsqlConnectionStringBuilder(_topology.ConnectionString("shard0", DatabaseRoles.ReadOnly, replica))
        {
            RootCertificate = DevCertificates.Ensure(directory["certificates"]).AuthorityFile,
        };
        var refused = await Assert.ThrowsAsync<NpgsqlException>(() => Sql.QueryAsync(other.ConnectionString, "select 1"));

        Assert.IsType<AuthenticationException>(refused.InnerException);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_certificate_for_another_host_name_is_refused(bool replica)
    {
        var builder = new NpgsqlDataSourceBuilder(_topology.ConnectionString("shard0", DatabaseRoles.ReadOnly, replica));
        builder.UseSslClientAuthenticationOptionsCallback(options => options.TargetHost = "somewhere.else");
        await using var source = builder.Build();
        var refused = await Assert.ThrowsAsync<NpgsqlException>(async () => await source.OpenConnectionAsync(Cancellation));

        Assert.IsType<AuthenticationException>(refused.InnerException);
    }

    [Fact]
    public async Task No_role_is_a_superuser_or_passes_over_row_security()
    {
        var ordinary = await Sql.QueryAsync(Superuser, """
            select rolname from pg_roles
            where rolcanlogin and not (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb)
            order by rolname
            """);

        Assert.Equal(DatabaseRoles.All.Order(StringComparer.Ordinal), ordinary.Cast<string>());
        Assert.Equal(
            [DatabaseRoles.Replicator],
            await Sql.QueryAsync(Superuser, "select rolname from pg_roles where rolreplication and not rolsuper"));
    }

    [Theory]
    [InlineData(DatabaseRoles.ReadWrite)]
    [InlineData(DatabaseRoles.Worker)]
    public async Task A_transaction_that_does_nothing_does_not_hold_its_locks_for_ever(string role) =>
        Assert.Equal(
            "5s", await Sql.ScalarAsync(_topology.ConnectionString("shard0", role), "show idle_in_transaction_session_timeout"));

    [Fact]
    public async Task The_databases_belong_to_owner_and_are_closed_to_everyone_else_but_the_services()
    {
        Assert.Equal(
            ResourceNames.Databases.Order(StringComparer.Ordinal),
            await Sql.QueryAsync(
                Superuser, "select datname from pg_database where pg_get_userbyid(datdba) = 'owner' order by datname"));

        foreach (var (database, role) in new[] { ("shard0", DatabaseRoles.Replicator), ("postgres", DatabaseRoles.ReadWrite) })
        {
            var refused = await Assert.ThrowsAsync<PostgresException>(
                () => Sql.QueryAsync(_topology.ConnectionString(database, role), "select 1"));
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
        }
    }

    [Fact]
    public async Task Services_may_do_nothing_but_what_owner_grants_them()
    {
        await Sql.QueryAsync(
            _topology.ConnectionString("shard1", DatabaseRoles.Owner),
            "create table note (text text); grant select on note to app_rw");
        var service = _topology.ConnectionString("shard1", DatabaseRoles.ReadWrite);

        Assert.Empty(await Sql.QueryAsync(service, "select text from note"));
        foreach (var forbidden in new[] { "insert into note values ('')", "drop table note", "create table mine ()",
            "create schema mine" })
        {
            var refused = await Assert.ThrowsAsync<PostgresException>(() => Sql.QueryAsync(service, forbidden));
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
        }
    }

    [Fact]
    public async Task Redis_wants_its_password()
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(_topology.RedisConnectionString);
        Assert.True(await redis.GetDatabase().PingAsync() > TimeSpan.Zero);

        await Assert.ThrowsAsync<RedisConnectionException>(() => ConnectionMultiplexer.ConnectAsync(_topology.Redis.ToString()));
    }
}
