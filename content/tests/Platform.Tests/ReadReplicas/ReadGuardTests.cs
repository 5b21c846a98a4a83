namespace Platform.Tests.ReadReplicas;

/// <summary>What answers a read is the server that is connected to, and not the one that a probe has asked.</summary>
[Collection(nameof(Timed))]
public sealed class ReadGuardTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_servers_behind_one_address_never_answer_with_less_than_the_token_asks_for()
    {
        const int Clients = 4;
        const int Reads = 25;
        await using var servers = await StartedServers.StartAsync(Cancellation);
        var databases = new TestDatabases(await Servers.OnAsync(servers), "", ResourceNames.Shards);
        await Numbers.CreateAsync(databases);
        var second = await servers.Topology.AddReplicaAsync("replica2", Cancellation);
        await databases.ReplicaHasCaughtUpAsync();

        // The first connection is the probe's, and leads to the replica that replays.
        await using var proxy = new TcpProxy(servers.Topology.Replica.Port, second.Port);
        await using var service = ServiceOn(servers, databases, new("localhost", proxy.Port));
        await Numbers.WriteAsync(service, "note", 0);
        await Sql.QueryAsync(servers.Topology.ConnectionString(Numbers.Shard, DatabaseRoles.Superuser, second),
            "SELECT pg_wal_replay_pause()::text");
        var seen = new ConcurrentBag<(bool IsStale, string Server)>();
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(
            async () =>
            {
                for (var i = 1; i <= Reads; i++)
                {
                    var token = await Numbers.WriteAsync(service, $"note {client}", i);
                    await databases.ReplicaHasCaughtUpAsync();
                    var (value, server) = await Numbers.ReadAsync(service, $"note {client}", token);
                    seen.Add((value < i, server));
                }
            },
            Cancellation)));

        Assert.Equal(0, seen.Count(read => read.IsStale));
        Assert.Contains(seen, read => read.Server == "replica");
        Assert.Contains(seen, read => read.Server == "primary");
    }

    /// <summary>One of two replicas replays nothing, and nobody gives the reader a token of the writes.</summary>
    [Fact]
    public async Task Reads_with_the_token_of_the_last_answer_never_go_back()
    {
        await using var servers = await StartedServers.StartAsync(Cancellation);
        var databases = new TestDatabases(await Servers.OnAsync(servers), "", ResourceNames.Shards);
        await Numbers.CreateAsync(databases);
        var second = await servers.Topology.AddReplicaAsync("replica2", Cancellation);
        await using var service = ServiceOn(
            servers,
            databases,
            servers.Topology.Replica,
            onlyWriter: false,
            ("ConnectionStrings:shard0-replica-2",
                servers.Topology.ConnectionString(Numbers.Shard, DatabaseRoles.ReadOnly, second)));
        await Numbers.WriteAsync(service, "note", 1);
        await databases.ReplicaHasCaughtUpAsync();
        await Sql.QueryAsync(servers.Topology.ConnectionString(Numbers.Shard, DatabaseRoles.Superuser, second),
            "SELECT pg_wal_replay_pause()::text");
        var (last, token) = (0, default(string));
        for (var i = 2; i < 100; i++)
        {
            await Numbers.WriteAsync(service, "note", i);
            for (var n = 0; n < 3; n++)
            {
                var (value, _, answered) = await Numbers.LookAsync(service, "note", token);
                Assert.True(value >= last, $"{value} was read after {last}.");
                (last, token) = (value, answered.Length == 0 ? token : answered);
            }
        }
    }

    /// <summary>Somebody has promoted a replica by mistake, and the service is told of the other server only.</summary>
    [Fact]
    public async Task A_replica_that_was_promoted_apart_is_not_read()
    {
        await using var servers = await StartedServers.StartAsync(Cancellation);
        var databases = new TestDatabases(await Servers.OnAsync(servers), "", ResourceNames.Shards);
        await Numbers.CreateAsync(databases);
        await using var service = ServiceOn(servers, databases, servers.Topology.Replica, onlyWriter: true);
        var old = await Numbers.WriteAsync(service, "note", 1);
        await databases.ReplicaHasCaughtUpAsync();
        await Eventually.TrueAsync(async () => await Numbers.ReadAsync(service, "note", old) is (1, "replica"));

        await servers.Topology.PromoteReplicaAsync(Cancellation);
        for (var i = 2; i < 40; i++)
        {
            var token = await Numbers.WriteAsync(service, "note", i);
            Assert.Equal((i, "primary"), await Numbers.ReadAsync(service, "note", token));
            Assert.Equal((i, "primary"), await Numbers.ReadAsync(service, "note", old));
            Assert.Equal((i, "primary"), await Numbers.ReadAsync(service, "note"));
        }

        var server = service.Services.GetRequiredService<Replicas>().Of(Numbers.Shard)[0].Server;
        await Eventually.TrueAsync(() => !server.IsUsable);
    }

    /// <summary>
    /// Its connections stay open and say nothing. Reads that had asked it go on to the primary, and later reads do not ask it.
    /// </summary>
    [Fact]
    public async Task A_replica_that_hangs_holds_a_read_for_its_deadline_and_writes_not_at_all()
    {
        const int Readers = 100;
        await using var servers = await StartedServers.StartAsync(Cancellation);
        var databases = new TestDatabases(await Servers.OnAsync(servers), "", ResourceNames.Shards);
        await Numbers.CreateAsync(databases);
        await using var service = ServiceOn(
            servers,
            databases,
            servers.Topology.Replica,
            onlyWriter: true,
            ("ReadReplicas:PrimaryReads", "200"),
            ("ReadReplicas:TimeoutMilliseconds", "1000"));
        await Numbers.WriteAsync(service, "note", 1);
        await databases.ReplicaHasCaughtUpAsync();
        foreach (var consistency in new[] { Consistency.Session, Consistency.Strong })
        {
            await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Numbers.ReadAsync(service, "note", token: null, consistency)));
        }

        Assert.Equal((1, "replica"), await Numbers.ReadAsync(service, "note"));

        await servers.Topology.StopReplicaAsync();
        var reads = Task.WhenAll(Enumerable.Range(0, Readers).Select(_ => TimedAsync(() => Numbers.ReadAsync(service, "note"))));
        var writes = new List<TimeSpan>();
        while (!reads.IsCompleted)
        {
            writes.Add((await TimedAsync(() => Numbers.WriteAsync(service, "other", 1))).Time);
        }

        var held = await reads;
        Assert.All(held, read => Assert.Equal((1, "primary"), read.Value));
        // A second, and what a machine adds that has much to do. Without the deadline it is half a minute.
        Assert.InRange(held.Select(read => read.Time).Order().ElementAt(Readers / 2), TimeSpan.Zero, TimeSpan.FromSeconds(3));
        Assert.InRange(held.Max(read => read.Time), TimeSpan.Zero, TimeSpan.FromSeconds(8));
        Assert.InRange(writes.Max(), TimeSpan.Zero, TimeSpan.FromSeconds(1));
        for (var i = 0; i < 20; i++)
        {
            Assert.InRange(
                (await TimedAsync(() => Numbers.ReadAsync(service, "note"))).Time, TimeSpan.Zero, TimeSpan.FromMilliseconds(500));
        }

        await servers.Topology.ContinueAsync();
        await Eventually.TrueAsync(async () => await Numbers.ReadAsync(service, "note") is (1, "replica"));
    }

    private static TestService ServiceOn(
        StartedServers servers, TestDatabases databases, ServerAddress replica, bool onlyWriter = false,
        params (string, string)[] settings) => new(
        databases,
        [
            .. databases.Names.Select(name => (
                $"ConnectionStrings:{DatabaseNames.ReplicaOf(name)}",
                servers.Topology.ConnectionString(name, DatabaseRoles.ReadOnly, replica))),
            .. onlyWriter
                ? databases.Names.Select(name => (
                    $"ConnectionStrings:{name}", servers.Topology.ConnectionString(name, DatabaseRoles.ReadWrite)))
                : [],
            .. onlyWriter
                ? databases.Names.Select(name => (
                    $"ConnectionStrings:{DatabaseNames.WorkerOf(name)}",
                    servers.Topology.ConnectionString(name, DatabaseRoles.Worker)))
                : [],
            ("Logging:LogLevel:Default", "Error"),
            .. settings,
        ]);

    private static async Task<(T Value, TimeSpan Time)> TimedAsync<T>(Func<Task<T>> work)
    {
        var clock = Stopwatch.StartNew();
        var value = await work();
        return (value, clock.Elapsed);
    }
}
