using Platform.Caching;
using StackExchange.Redis;

namespace Platform.Tests.Caching;

/// <summary>Redis hangs, or is killed and comes back. Reads go on without it, and soon as fast as without a cache.</summary>
[Collection(nameof(Timed))]
public sealed class RedisAwayTests(OwnServers servers) : IClassFixture<OwnServers>
{
    private static readonly CachedKind<Thing> Kind = ThingJson.In("directory");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task When_Redis_hangs_the_first_reads_wait_a_bounded_time_and_then_nobody_waits()
    {
        await using var redis = await servers.ConnectAsync();
        await using var administrator = await servers.ConnectAsync();
        using var instance = Instance(redis);
        await servers.WriteAsync("hung", 1);
        await UntilAsync(instance, "hung", CacheOutcome.Hit);

        await administrator.GetDatabase().ExecuteAsync("CLIENT", "PAUSE", "2000", "ALL");
        var first = await MeasureAsync(() => ReadAsync(instance, "hung"));
        Assert.InRange(first, 0, 500);
        for (var waited = Stopwatch.StartNew(); !instance.Circuit.IsOpen; Assert.InRange(waited.ElapsedMilliseconds, 0, 1_500))
        {
            Assert.Equal(CacheOutcome.Bypass, await ReadAsync(instance, "hung"));
        }

        var with = new List<double>();
        var plain = new List<double>();
        for (var i = 0; i < 50; i++)
        {
            with.Add(await MeasureAsync(() => ReadAsync(instance, "hung")));
            plain.Add(await MeasureAsync(() => servers.LoadAsync("hung", replica: true)));
        }

        var write = await MeasureAsync(() => instance.RaiseAsync(Kind.KeyOf("hung", timeline: 1), 2));
        Assert.True(instance.Circuit.IsOpen);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"First read {first:0} ms; with an open circuit {Median(with):0.00} ms, a plain read {Median(plain):0.00} ms, a "
            + $"floor {write:0.00} ms.");
        Assert.InRange(Median(with) - Median(plain), double.MinValue, 5);
        Assert.InRange(write, 0, 50);

        await UntilAsync(instance, "hung", CacheOutcome.Hit);
        Assert.False(instance.Circuit.IsOpen);
    }

    [Fact]
    public async Task When_Redis_is_killed_reads_go_on_and_it_is_used_again_when_it_is_back()
    {
        await using var redis = await servers.ConnectAsync();
        using var instance = Instance(redis);
        await servers.WriteAsync("killed", 1);
        await UntilAsync(instance, "killed", CacheOutcome.Hit);

        await servers.Topology.KillRedisAsync(Cancellation);
        await UntilAsync(instance, "killed", CacheOutcome.Bypass);
        var times = new List<double>();
        for (var i = 0; i < 50; i++)
        {
            times.Add(await MeasureAsync(() => ReadAsync(instance, "killed")));
        }

        await servers.Topology.RestartRedisAsync(Cancellation);
        var back = Stopwatch.StartNew();
        await UntilAsync(instance, "killed", CacheOutcome.Hit);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"Reads without Redis took {Median(times):0.0} ms, at most {times.Max():0.0} ms; used again "
            + $"{back.ElapsedMilliseconds} ms after it was back.");
        Assert.InRange(back.Elapsed.TotalSeconds, 0, 10);
    }

    private static double Median(List<double> times) => times.Order().ElementAt(times.Count / 2);

    private static async Task<double> MeasureAsync(Func<Task> action)
    {
        var began = Stopwatch.GetTimestamp();
        await action();
        return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }

    private static CacheInstance Instance(IConnectionMultiplexer redis) =>
        new(redis, new CacheOptions { Prefix = $"away-{Guid.NewGuid():N}", LocalSeconds = 0 });

    private async Task<CacheOutcome> ReadAsync(CacheInstance instance, string key)
    {
        var (thing, outcome) = await instance.Cache.GetAsync(
            Kind, Kind.KeyOf(key, timeline: 1), needed: null, primary => servers.LoadAsync(key, replica: !primary), Cancellation);
        Assert.NotNull(thing);
        return outcome;
    }

    private async Task UntilAsync(CacheInstance instance, string key, CacheOutcome outcome)
    {
        await servers.ReplicaHasCaughtUpAsync();
        for (var waited = Stopwatch.StartNew(); await ReadAsync(instance, key) != outcome; await Task.Delay(10, Cancellation))
        {
            Assert.InRange(waited.Elapsed.TotalSeconds, 0, 20);
        }
    }
}
