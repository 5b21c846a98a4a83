using Infrastructure.Caching;
using Integration.Tests.Fixtures;

namespace Platform.Tests.Caching;

/// <summary>
/// A load and a write of the same row, on real servers: the load begins before the commit, between the commit and its floor,
/// or after the floor; it asks the primary, a replica whose replay is paused, or that replica while Redis comes back empty.
/// In each, who asks after the write gets what was written.
/// </summary>
public sealed class NineSchedulesTests(OwnServers servers) : IClassFixture<OwnServers>
{
    private static readonly string Without = RedisEntries.Fill.Replace("if floor and ARGV[2] < floor then return 0 end", "", StringComparison.Ordinal);

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
        from began in Enum.GetValues<Began>() from asked in Enum.GetValues<Asked>() select new TheoryDataRow<Began, Asked>(began, asked);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(All))]
    public async Task A_read_after_a_write_gets_what_was_written(Began began, Asked asked)
    {
        var (late, first, second) = await RunAsync(began, asked, RedisEntries.Fill);

        // Whoever asked before the write may get what was there then; nobody gets it afterwards.
        Assert.Equal(began == Began.AfterTheFloor ? 2 : late, late);
        Assert.Equal((2, 2), (first, second));
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
    private async Task<(long Late, long First, long Second)> RunAsync(Began began, Asked asked, string fill)
    {
        await using var redis = await servers.ConnectAsync();
        var options = new CacheOptions { Prefix = $"nine-{Guid.NewGuid():N}", LocalSeconds = 0, PatienceMilliseconds = 1_000 };
        using var one = new CacheInstance(redis, _ => servers.PositionAsync(), options, fillScript: fill);
        using var other = new CacheInstance(redis, _ => servers.PositionAsync(), options, fillScript: fill);
        var key = $"{began} {asked}{(fill == Without ? " without" : "")}";
        await servers.WriteAsync(key, 1);
        // Begun before, so that it is the floor and not the epoch that tells the replica's answer from a new one.
        Assert.NotNull(await one.Epochs.CurrentAsync("directory"));
        await servers.ReplicaHasCaughtUpAsync();
        await servers.PauseReplayAsync();
        try
        {
            var (loading, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
            Task<long>? late = null;
            await BeginAsync(Began.BeforeTheCommit);
            await servers.WriteAsync(key, 2);
            await BeginAsync(Began.BeforeTheFloor);
            await one.RaiseAsync(ThingJson.In("directory").KeyOf(key), 2);
            if (asked == Asked.ALaggingReplicaWhileRedisRestarts)
            {
                await servers.Topology.KillRedisAsync(Cancellation);
                await servers.Topology.RestartRedisAsync(Cancellation);
                await AnswersAsync(one);
                await AnswersAsync(other);
            }

            await BeginAsync(Began.AfterTheFloor);
            goOn.SetResult();
            return (await late!, await ReadAsync(other, () => Task.CompletedTask), await ReadAsync(one, () => Task.CompletedTask));

            async Task BeginAsync(Began now)
            {
                if (now == began)
                {
                    late = ReadAsync(one, () =>
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

        async Task<long> ReadAsync(CacheInstance instance, Func<Task> afterLoad)
        {
            var (thing, _) = await instance.Cache.GetAsync(
                ThingJson.In("directory"),
                key,
                needed: null,
                async primary =>
                {
                    var loaded = await servers.LoadAsync(key, replica: !primary && asked != Asked.ThePrimary);
                    await afterLoad();
                    return loaded;
                },
                Cancellation);
            return thing!.Version;
        }

        static Task AnswersAsync(CacheInstance instance) =>
            Eventually.TrueAsync(async () => await instance.Entries.ReadAsync(new CacheKey("directory", "nothing")) is not null, seconds: 60);
    }
}
