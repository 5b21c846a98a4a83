using Platform.Caching;

namespace Platform.Tests.Caching;

/// <summary>
/// A load and a write of the same row, on real servers: the load begins before the commit, between the commit and its floor,
/// or after the floor; it asks the primary, a replica whose replay is paused, or that replica while Redis comes back empty.
/// With the write's token what was written is read in all nine; without one in those in which Redis keeps its floors.
/// </summary>
public sealed class NineSchedulesTests(OwnServers servers) : IClassFixture<OwnServers>
{
    private static readonly string Without = RedisEntries.Fill.Replace(
        "if floor and ARGV[1] < floor then return 0 end", "", StringComparison.Ordinal);

    public enum Began
    {
        BeforeTheCommit,
        BeforeTheFloor,
        AfterTheFloor,
    }

    public enum Asked
    {
        ThePrimary,
        ALaggingReplica,
        ALaggingReplicaWhileRedisRestarts,
    }

    public static IEnumerable<TheoryDataRow<Began, Asked>> All =>
        from began in Enum.GetValues<Began>()
        from asked in Enum.GetValues<Asked>()
        select new TheoryDataRow<Began,
        Asked>(began, asked);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static IEnumerable<TheoryDataRow<Began, Asked>> WithFloors =>
        All.Where(row => row.Data.Item2 != Asked.ALaggingReplicaWhileRedisRestarts);

    [Theory]
    [MemberData(nameof(All))]
    public async Task A_read_with_the_writes_token_gets_what_was_written(Began began, Asked asked)
    {
        var (_, first, second) = await RunAsync(began, asked, RedisEntries.Fill, hasToken: true);

        Assert.Equal((2, 2), (first, second));
    }

    [Theory]
    [MemberData(nameof(WithFloors))]
    public async Task A_read_after_a_write_gets_what_was_written(Began began, Asked asked)
    {
        var (late, first, second) = await RunAsync(began, asked, RedisEntries.Fill);

        // A request from before the write may get what was there then; later ones do not.
        Assert.Equal(began == Began.AfterTheFloor ? 2 : late, late);
        Assert.Equal((2, 2), (first, second));
    }

    /// <summary>What a load has kept in a Redis without floors is found until its lifetime ends, and not longer.</summary>
    [Theory]
    [InlineData(Began.BeforeTheCommit)]
    [InlineData(Began.BeforeTheFloor)]
    [InlineData(Began.AfterTheFloor)]
    public async Task Once_Redis_has_lost_its_floors_an_old_value_ends_with_its_lifetime(Began began)
    {
        var (old, _, _) = await RunAsync(
            began, Asked.ALaggingReplicaWhileRedisRestarts, RedisEntries.Fill, lifetimeSeconds: 3,
            afterResumeAsync: async readAsync =>
            {
                var waited = Stopwatch.StartNew();
                while (await readAsync() != 2)
                {
                    Assert.InRange(waited.Elapsed.TotalSeconds, 0, 3.5);
                    await Task.Delay(20, Cancellation);
                }
            });

        Assert.Equal(1, old);
    }

    [Theory]
    [InlineData(Began.BeforeTheCommit, Asked.ThePrimary)]
    [InlineData(Began.BeforeTheFloor, Asked.ALaggingReplica)]
    [InlineData(Began.AfterTheFloor, Asked.ALaggingReplica)]
    public async Task Without_the_comparison_it_does_not(Began began, Asked asked)
    {
        var (_, first, _) = await RunAsync(began, asked, Without);

        Assert.Equal(1, first);
    }

    /// <returns>What the load under way came to, and what two reads after the write got.</returns>
    private async Task<(long Late, long First, long Second)> RunAsync(
        Began began, Asked asked, string fill, bool hasToken = false, double lifetimeSeconds = 30,
        Func<Func<Task<long>>, Task>? afterResumeAsync = null)
    {
        await using var redis = await servers.ConnectAsync();
        var options = new CacheOptions
        {
            Prefix = $"nine-{Guid.NewGuid():N}",
            LocalSeconds = 0,
            LifetimeSeconds = lifetimeSeconds,
            TimeoutMilliseconds = 1_000,
        };
        using var one = new CacheInstance(redis, options, fillScript: fill);
        using var other = new CacheInstance(redis, options, fillScript: fill);
        var key = $"{began} {asked} {Guid.NewGuid():N}";
        var name = ThingJson.In("directory").KeyOf(key, timeline: 1);
        await servers.WriteAsync(key, 1);
        await servers.ReplicaHasCaughtUpAsync();
        await servers.PauseReplayAsync();
        (long Late, long First, long Second) read;
        try
        {
            var (loading, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
            Task<long>? late = null;
            await BeginAsync(Began.BeforeTheCommit);
            await servers.WriteAsync(key, 2);
            await BeginAsync(Began.BeforeTheFloor);
            var token = hasToken ? await servers.PositionAsync() : null;
            await one.RaiseAsync(name, 2);
            if (asked == Asked.ALaggingReplicaWhileRedisRestarts)
            {
                await servers.Topology.KillRedisAsync(Cancellation);
                await servers.Topology.RestartRedisAsync(Cancellation);
                await AnswersAsync(one);
                await AnswersAsync(other);
            }

            await BeginAsync(Began.AfterTheFloor);
            goOn.SetResult();
            read = (await late!, await ReadAsync(other, token), await ReadAsync(one, token));

            async Task BeginAsync(Began now)
            {
                if (now == began)
                {
                    late = ReadAsync(one, needed: null, () =>
                    {
                        loading.TrySetResult();
                        return goOn.Task;
                    });
                    await Task.WhenAny(loading.Task, late);
                }
            }
        }
        finally
        {
            await servers.ResumeReplayAsync();
        }

        if (afterResumeAsync is not null)
        {
            await servers.ReplicaHasCaughtUpAsync();
            await afterResumeAsync(() => ReadAsync(other, needed: null));
        }

        return read;

        async Task<long> ReadAsync(CacheInstance instance, WalPosition? needed, Func<Task>? afterLoad = null)
        {
            var (thing, _) = await instance.Cache.GetAsync(
                ThingJson.In("directory"),
                name,
                needed,
                async primary =>
                {
                    // The replica has not replayed what a token asks for.
                    var loaded = await servers.LoadAsync(key, replica: !primary && asked != Asked.ThePrimary && needed is null);
                    await (afterLoad?.Invoke() ?? Task.CompletedTask);
                    return loaded;
                },
                Cancellation);
            return thing!.Version;
        }

        static Task AnswersAsync(CacheInstance instance) =>
            Eventually.TrueAsync(async () => await instance.Entries.ReadAsync("nothing") is not null, seconds: 60);
    }
}
