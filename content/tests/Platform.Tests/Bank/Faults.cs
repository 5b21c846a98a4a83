using Migrator.Migrations;
using Platform.Sagas;
using StackExchange.Redis;

namespace Platform.Tests.Bank;

/// <summary>Faults of one part never overlap; those of different parts do.</summary>
internal enum FaultyPart
{
    Instances,
    Servers,
    Surroundings,
}

/// <summary>Something that goes wrong, and how it is put right.</summary>
/// <param name="BeginAsync">Begins it, and returns what heals it.</param>
internal sealed record Fault(
    string Name, FaultyPart Part, Func<BankWorld, BankClients, Random, CancellationToken, Task<Func<Task>>> BeginAsync);

internal static class Faults
{
    /// <summary>Longer than the lease that <c>appsettings.json</c> gives.</summary>
    private static readonly TimeSpan PastTheLease = TimeSpan.FromSeconds(6);

    /// <summary>How long to wait for an instance to come to the point at which it is to die.</summary>
    private static readonly TimeSpan UntilThePoint = TimeSpan.FromSeconds(12);

    public static IReadOnlyList<Fault> All { get; } =
    [
        new("kill -9 of an instance at a saga point", FaultyPart.Instances, KillAtPointAsync),
        new("SIGSTOP of an instance past the lease", FaultyPart.Instances, StopInstanceAsync),
        new("primary crashes", FaultyPart.Servers, CrashPrimaryAsync),
        new("connections to the primary hang", FaultyPart.Servers, HangAsync),
        new("pools find no connection", FaultyPart.Servers, ExhaustPoolsAsync),
        new("synchronous standby is away", FaultyPart.Servers, SendStandbyAwayAsync),
        new("a bucket moves", FaultyPart.Servers, MoveBucketAsync),
        new("a move is cut off and aborted", FaultyPart.Servers, AbortMoveAsync),
        new("replica is paused", FaultyPart.Surroundings, PauseReplicaAsync),
        new("Redis is killed and comes back empty", FaultyPart.Surroundings, KillRedisAsync),
        new("Redis is flushed", FaultyPart.Surroundings, FlushRedisAsync),
        new("requests are doubled, dropped and reordered", FaultyPart.Surroundings, BadWeatherAsync),
    ];

    /// <summary>Those that this build knows how to make: a bucket moves only if the Migrator has the verb.</summary>
    public static IReadOnlyList<Fault> Available { get; } =
        [.. All.Where(fault => (fault.BeginAsync != MoveBucketAsync && fault.BeginAsync != AbortMoveAsync) || HasMoves)];

    private static bool HasMoves => typeof(MigrationRun).Assembly.GetTypes().Any(type => type.Name == "BucketMover");

    /// <summary>Comes last in a round, since the old primary cannot become a replica again by itself.</summary>
    public static Fault Promotion { get; } = new(
        "standby is away, then promoted, old primary returns", FaultyPart.Servers, PromoteAsync);

    private static async Task<Func<Task>> KillAtPointAsync(
        BankWorld world, BankClients clients, Random random, CancellationToken cancellationToken)
    {
        var points = Enum.GetValues<SagaPoint>();
        random.Shuffle(points);
        var point = points.MinBy(point => world.Crashes.GetValueOrDefault(point));
        var victim = world.Instances[random.Next(world.Instances.Length)];
        victim.DieAt($"{point}");
        if (point == SagaPoint.Claimed)
        {
            // It claims only what others have left behind.
            await Task.WhenAll(world.Instances.Where(instance => instance != victim).Select(instance => instance.KillAsync()));
        }

        if (await victim.DiesAsync(UntilThePoint, cancellationToken))
        {
            world.Crashes.AddOrUpdate(point, 1, (_, count) => count + 1);
        }

        return () => Task.WhenAll(world.Instances.Select(instance => instance.StartAsync(CancellationToken.None)));
    }

    private static async Task<Func<Task>> StopInstanceAsync(
        BankWorld world, BankClients clients, Random random, CancellationToken cancellationToken)
    {
        var victim = world.Instances[random.Next(world.Instances.Length)];
        await victim.StopAsync();
        await Task.Delay(PastTheLease, cancellationToken).ContinueWith(_ => { }, TaskScheduler.Default);
        return victim.ContinueAsync;
    }

    private static async Task<Func<Task>> CrashPrimaryAsync(
        BankWorld world, BankClients clients, Random random, CancellationToken cancellationToken)
    {
        await world.Topology.KillPrimaryAsync(CancellationToken.None);
        return () => world.Topology.RestartPrimaryAsync(CancellationToken.None);
    }

    private static async Task<Func<Task>> HangAsync(
        BankWorld world, BankClients clients, Random random, CancellationToken cancellationToken)
    {
        world.Proxy.Hang();
        await Task.Delay(random.Next(500, 6_000), cancellationToken).ContinueWith(_ => { }, TaskScheduler.Default);
        var dropped = random.Next(2) == 0;
        return () =>
        {
            world.Proxy.Resume(dropped);
            return Task.CompletedTask;
        };
    }

    private static async Task<Func<Task>> ExhaustPoolsAsync(
        BankWorld world, BankClients clients, Random random, CancellationToken cancellationToken)
    {
        await LimitAsync($"{random.Next(2)}");
        foreach (var role in new[] { DatabaseRoles.ReadWrite, DatabaseRoles.Worker })
        {
            await world.SqlAsync(
                "postgres", $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{role}'", world.IsPromoted,
                cancellationToken);
        }

        return () => LimitAsync("-1");

        async Task LimitAsync(string limit)
        {
            foreach (var role in new[] { DatabaseRoles.ReadWrite, DatabaseRoles.Worker })
            {
                await world.SqlAsync(
                    "postgres", $"ALTER ROLE {role} CONNECTION LIMIT {limit}", world.IsPromoted, CancellationToken.None);
            }
        }
    }

    /// <summary>Commits wait, and what is acknowledged meanwhile would be lost by a promotion.</summary>
    private static async Task<Func<Task>> SendStandbyAwayAsync(
        BankWorld world, BankClients clients, Random random, CancellationToken cancellationToken)
    {
        await SqlAsync("ALTER ROLE replicator NOLOGIN");
        await SqlAsync("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_replication");
        await Task.Delay(random.Next(200, 3_000), cancellationToken).ContinueWith(_ => { }, TaskScheduler.Default);
        if (random.Next(2) == 0)
        {
            await SqlAsync("SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
        }

        // Nobody would confirm this commit.
        return () => SqlAsync("SET synchronous_commit = local; ALTER ROLE replicator LOGIN");

        Task<object?> SqlAsync(string sql) => world.SqlAsync("postgres", sql, world.IsPromoted, CancellationToken.None);
    }

    private static async Task<Func<Task>> MoveBucketAsync(
        BankWorld world, BankClients clients, Random random, CancellationToken cancellationToken)
    {
        var (bucket, target) = await SomeMoveAsync(world, clients, random, cancellationToken);
        if (random.Next(2) == 0)
        {
            // Cut off, and continued by the same command.
            await world.MigratorAsync(
                TimeSpan.FromMilliseconds(random.Next(200, 4_000)), CancellationToken.None, Move(bucket, target));
        }

        return () => UntilDoneAsync(world, Move(bucket, target));
    }

    private static async Task<Func<Task>> AbortMoveAsync(
        BankWorld world, BankClients clients, Random random, CancellationToken cancellationToken)
    {
        var (bucket, target) = await SomeMoveAsync(world, clients, random, cancellationToken);
        await world.MigratorAsync(
            TimeSpan.FromMilliseconds(random.Next(200, 4_000)), CancellationToken.None, Move(bucket, target));
        return async () =>
        {
            if (await world.SqlAsync("directory", $"SELECT is_open FROM bucket_moves WHERE bucket = {bucket}", world.IsPromoted,
                CancellationToken.None) is not true)
            {
                await UntilDoneAsync(world, "abort-move", $"{bucket}");
                return;
            }

            await UntilDoneAsync(world, Move(bucket, target));
        };
    }

    private static string[] Move(int bucket, string target) => ["move-bucket", $"{bucket}", "--to", target, "--keep-for", "1"];

    /// <summary>Somebody's bucket, and a shard that does not have it.</summary>
    private static async Task<(int Bucket, string Target)> SomeMoveAsync(
        BankWorld world, BankClients clients, Random random, CancellationToken cancellationToken)
    {
        var bucket = new UserId(clients.People[random.Next(clients.People.Count)].Owner).Bucket.Value;
        var here = (string)(await world.SqlAsync(
            "directory", $"SELECT shard FROM bucket_map WHERE bucket = {bucket}", world.IsPromoted, cancellationToken))!;
        return (bucket, ResourceNames.Shards.First(shard => shard != here));
    }

    private static async Task UntilDoneAsync(BankWorld world, params string[] verb)
    {
        for (var attempt = 0; await world.MigratorAsync(TimeSpan.FromSeconds(60), CancellationToken.None, verb) != 0; attempt++)
        {
            Assert.True(attempt < 20, $"The Migrator cannot {string.Join(' ', verb)}.");
        }
    }

    private static async Task<Func<Task>> PauseReplicaAsync(
        BankWorld world, BankClients clients, Random random, CancellationToken cancellationToken)
    {
        await world.SqlAsync("postgres", "SELECT pg_wal_replay_pause()", onReplica: true, cancellationToken);
        return () => world.SqlAsync("postgres", "SELECT pg_wal_replay_resume()", onReplica: true, CancellationToken.None);
    }

    private static async Task<Func<Task>> KillRedisAsync(
        BankWorld world, BankClients clients, Random random, CancellationToken cancellationToken)
    {
        await world.Topology.KillRedisAsync(CancellationToken.None);
        return () => world.Topology.RestartRedisAsync(CancellationToken.None);
    }

    private static async Task<Func<Task>> FlushRedisAsync(
        BankWorld world, BankClients clients, Random random, CancellationToken cancellationToken)
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(
            $"{world.Topology.RedisConnectionString},allowAdmin=true");
        await redis.GetDatabase().ExecuteAsync("FLUSHALL");
        return () => Task.CompletedTask;
    }

    private static Task<Func<Task>> BadWeatherAsync(
        BankWorld world, BankClients clients, Random random, CancellationToken cancellationToken)
    {
        world.Weather = 0.3;
        return Task.FromResult<Func<Task>>(() =>
        {
            world.Weather = 0.02;
            return Task.CompletedTask;
        });
    }

    private static async Task<Func<Task>> PromoteAsync(
        BankWorld world, BankClients clients, Random random, CancellationToken cancellationToken)
    {
        await SendStandbyAwayAsync(world, clients, random, CancellationToken.None);
        await Task.Delay(500, CancellationToken.None);
        await world.Topology.KillPrimaryAsync(CancellationToken.None);
        await world.Topology.PromoteReplicaAsync(CancellationToken.None);
        world.IsPromoted = true;
        return () => world.Topology.RestartPrimaryAsync(CancellationToken.None);
    }
}
