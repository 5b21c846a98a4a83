namespace Platform.Tests.ReadReplicas;

/// <summary>Positions across a promotion, on servers of the tests' own.</summary>
public sealed class ReadTimelineTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, 100, 1, 100, true)]
    [InlineData(1, 99, 1, 100, false)]
    [InlineData(2, 100, 1, 100, true)]
    [InlineData(2, 99, 1, 100, false)]
    [InlineData(1, 500, 2, 100, false)]
    public void A_position_covers_what_is_on_its_own_timeline_or_before_it(
        int timeline, ulong lsn, int needed, ulong at, bool covers) =>
        Assert.Equal(covers, new WalPosition(timeline, lsn).Covers(new WalPosition(needed, at)));

    /// <summary>
    /// Both primaries take writes for a while, and a second replica follows the old one. Its log gets longer than the new
    /// one, so by LSN alone it would have everything.
    /// </summary>
    [Fact]
    public async Task A_replica_that_follows_the_old_primary_is_not_read()
    {
        await using var servers = await StartedServers.StartAsync(Cancellation);
        var databases = new TestDatabases(await Servers.OnAsync(servers), "", ResourceNames.Shards);
        await Numbers.CreateAsync(databases);
        var second = await servers.Topology.AddReplicaAsync("replica2", Cancellation);
        await using var service = new TestService(
            databases,
            [.. databases.Names.Select(name => (
                $"ConnectionStrings:{DatabaseNames.ReplicaOf(name)}",
                servers.Topology.ConnectionString(name, DatabaseRoles.ReadOnly, second)))]);
        var old = await Numbers.WriteAsync(service, "note", 1);
        await databases.ReplicaHasCaughtUpAsync();
        await Eventually.TrueAsync(async () => await Numbers.ReadAsync(service, "note", old) is (1, "replica"));

        await servers.Topology.PromoteReplicaAsync(Cancellation);
        await databases.ExecuteAsync(Numbers.Shard, "CREATE TABLE filler AS SELECT generate_series(1, 100000)");
        var timelines = service.Services.GetRequiredService<PrimaryTimelines>();
        await Eventually.TrueAsync(() => timelines.Highest(Numbers.Shard) == 2);
        string token = "";
        await Eventually.TrueAsync(async () => (token = await TryWriteAsync(service, "note", 2)).Length > 0);

        var server = service.Services.GetRequiredService<Replicas>().Of(Numbers.Shard)[0].Server;
        await using var request = Request.Begin(service, token);
        var needed = request.Tokens.Needed(Numbers.Shard)!.Value;
        await Eventually.TrueAsync(() => server.Position.Lsn > needed.Lsn);
        Assert.Equal((2, 1), (needed.Timeline, server.Position.Timeline));
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal((2, "primary"), await Numbers.ReadAsync(service, "note", token));
            Assert.Equal((2, "primary"), await Numbers.ReadAsync(service, "note", old));
            Assert.Equal((2, "primary"), await Numbers.ReadAsync(service, "note"));
        }
    }

    /// <summary>The promoted server was the replica, and is the only one that is left.</summary>
    [Fact]
    public async Task A_token_of_the_timeline_before_is_honoured_after_a_promotion()
    {
        await using var servers = await StartedServers.StartAsync(Cancellation, synchronousReplica: true);
        var databases = new TestDatabases(await Servers.OnAsync(servers), "", ResourceNames.Shards);
        await Numbers.CreateAsync(databases);
        await using var service = new TestService(databases, ("Logging:LogLevel:Default", "None"));
        var old = await Numbers.WriteAsync(service, "note", 3);

        await servers.Topology.KillPrimaryAsync(Cancellation);
        await servers.Topology.PromoteReplicaAsync(Cancellation);
        string token = "";
        await Eventually.TrueAsync(async () => (token = await TryWriteAsync(service, "other", 4)).Length > 0);

        await Eventually.TrueAsync(async () => await TryReadAsync(service, "note", old) is (3, "replica"));
        await Eventually.TrueAsync(async () => await TryReadAsync(service, "other", token) is (4, "replica"));
        await Eventually.TrueAsync(async () =>
            await databases.ScalarAsync<int>(Numbers.Shard, "SELECT last_value::int FROM primary_timeline", replica: true) == 2);
    }

    /// <summary>
    /// Another instance has seen a promotion that this one has not: the primary it knows may be the old one. Or the timeline is
    /// lost, or the database was restored: then the primary has all that there is.
    /// </summary>
    [Theory]
    [InlineData(2, 0)]
    [InlineData(1, 7)]
    [InlineData(9, 7)]
    public async Task A_token_of_a_timeline_that_is_not_known_is_refused_for_a_while_and_then_answered_by_the_primary(
        int timeline, long cluster)
    {
        await using var servers = await StartedServers.StartAsync(Cancellation);
        var databases = new TestDatabases(await Servers.OnAsync(servers), "", ResourceNames.Shards);
        await Numbers.CreateAsync(databases);
        await using var service = new TestService(databases);
        await Numbers.WriteAsync(service, "note", 1);
        var token = service.Services.GetRequiredService<SyncTokenCodec>().Write(
            Numbers.Shard, new WalPosition(timeline, ulong.MaxValue / 2) { Cluster = cluster });
        await using var request = Request.Begin(service, token);

        var refused = await Assert.ThrowsAsync<ReadRefusedException>(
            async () => await request.Get<ReadRouting>().RouteAsync(Numbers.Shard, tried: 0, Cancellation));
        Assert.True(DatabaseErrors.IsTransient(refused));

        // What is answered then comes in the place of the token, and the replica has it.
        var answered = token;
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                (var value, var server, answered) = await Numbers.LookAsync(service, "note", token);
                return (value, server) == (1, "primary");
            }
            catch (ReadRefusedException)
            {
                return false;
            }
        });
        await databases.ReplicaHasCaughtUpAsync();
        await Eventually.TrueAsync(async () => await Numbers.ReadAsync(service, "note", answered) is (1, "replica"));
    }

    /// <summary>A database that was restored elsewhere, behind the same address; and a server that is none of its.</summary>
    [Fact]
    public void Another_cluster_takes_the_place_of_the_one_that_is_known_only_at_its_own_address()
    {
        var servers = new PrimaryServers("Host=one:1,two:2");
        servers.Observe("one:1", new(Timeline: 4, Lsn: 1_000, Cluster: 7));

        Assert.False(servers.Admits("two:2", new(Timeline: 5, Lsn: 10, Cluster: 8)));
        Assert.False(servers.Admits("two:2", new(Timeline: 3, Lsn: 2_000, Cluster: 7)));
        Assert.Equal(new("one:1", 7, 4), servers.Known);

        servers.Observe("one:1", new(Timeline: 1, Lsn: 10, Cluster: 8));
        Assert.Equal(new("one:1", 8, 1), servers.Known);
        Assert.True(servers.TakePromotion());
    }

    /// <summary>The new primary had replayed less than the old one has written.</summary>
    [Fact]
    public void Positions_of_the_primary_before_a_promotion_make_nobody_lag_after_it()
    {
        var servers = new PrimaryServers("Host=one:1,two:2");
        servers.Observe("one:1", new(Timeline: 1, Lsn: 5_000, Cluster: 7));
        servers.Observe("two:2", new(Timeline: 2, Lsn: 4_000, Cluster: 7));
        Thread.Sleep(20);
        servers.Observe("two:2", new(Timeline: 2, Lsn: 4_100, Cluster: 7));

        Assert.Equal(TimeSpan.Zero, servers.LagOf(4_100));
        Assert.Equal(4_000u, servers.PositionBefore(TimeSpan.FromMilliseconds(10)));
    }

    /// <summary>While nobody used it, the primary was seldom asked.</summary>
    [Fact]
    public void A_position_that_is_new_after_a_pause_counts_as_old_as_the_answer_before_it()
    {
        var servers = new PrimaryServers("Host=one:1");
        servers.Observe("one:1", new(Timeline: 1, Lsn: 1_000, Cluster: 7));
        Thread.Sleep(1_100);
        servers.Observe("one:1", new(Timeline: 1, Lsn: 2_000, Cluster: 7));

        Assert.InRange(servers.LagOf(1_000), TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
        Assert.Equal(TimeSpan.Zero, servers.LagOf(2_000));
        Assert.Equal(2_000u, servers.PositionBefore(TimeSpan.FromSeconds(1)));
    }

    private static async Task<string> TryWriteAsync(TestService service, string name, int value)
    {
        try
        {
            return await Numbers.WriteAsync(service, name, value);
        }
        catch (Exception exception) when (DatabaseErrors.IsTransient(exception))
        {
            return "";
        }
    }

    private static async Task<(int Value, string Server)?> TryReadAsync(TestService service, string name, string token)
    {
        try
        {
            return await Numbers.ReadAsync(service, name, token);
        }
        catch (Exception exception) when (DatabaseErrors.IsTransient(exception))
        {
            return null;
        }
    }
}
