using Platform.Caching;
using StackExchange.Redis;

namespace Integration.Tests.Caching;

/// <summary>How old an answer may be.</summary>
public sealed partial class VersionedCacheTests
{
    /// <summary>Whichever instance has written.</summary>
    [Fact]
    public async Task A_request_that_comes_during_a_load_does_not_get_what_was_read_before_it_came()
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(fixture.Servers.Redis);
        using var instance = Instance(redis);
        using var other = Instance(redis);
        var (loading, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        var early = instance.Cache.GetAsync(
            Kind, It, needed: null,
            async _ =>
            {
                loading.TrySetResult();
                await goOn.Task;
                return new Loaded<Thing>(new Thing(1), 1, Seen: null);
            },
            Cancellation);
        await loading.Task;

        await other.RaiseAsync(It, 2);
        var late = ReadAsync(instance, 2, seen: At(2));
        goOn.SetResult();

        Assert.Equal(1, (await early).Value!.Version);
        Assert.Equal((2, CacheOutcome.Miss), await late);
    }

    [Fact]
    public async Task A_value_ends_its_lifetime_after_its_load_began_in_another_instance_as_well()
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(fixture.Servers.Redis);
        var options = new CacheOptions { Prefix = _prefix, LifetimeSeconds = 2, LocalSeconds = 5, TimeoutMilliseconds = 2_000 };
        using var one = new CacheInstance(redis, options);
        using var other = new CacheInstance(redis, options);
        var age = Stopwatch.StartNew();
        Assert.Equal((1, CacheOutcome.Miss), await ReadAsync(one, 1, seen: At(1)));
        await Task.Delay(1_000, Cancellation);
        Assert.Equal((1, CacheOutcome.Hit), await ReadAsync(other, 2, seen: At(2)));

        while (await ReadAsync(other, 2, seen: At(2)) is (1, _))
        {
            Assert.InRange(age.Elapsed.TotalSeconds, 0, 2.5);
            await Task.Delay(10, Cancellation);
        }

        Assert.InRange(age.Elapsed.TotalSeconds, 1.9, 60);
    }

    /// <summary>As one does that a paused Redis takes in a minute later.</summary>
    [Fact]
    public async Task A_fill_that_Redis_takes_in_too_late_is_not_found()
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(fixture.Servers.Redis);
        using var instance = Instance(redis);
        var now = (await instance.Entries.ReadAsync(It))!.Now;

        Assert.Equal(FillOutcome.Kept, await instance.Entries.FillAsync(It, 1, At(1), [1], now - 30_000));
        Assert.Null((await instance.Entries.ReadAsync(It))!.Payload);
        Assert.Equal(FillOutcome.Kept, await instance.Entries.FillAsync(It, 1, At(1), [1], now - 1_000));
        var left = (await instance.Entries.ReadAsync(It))!.ExpiresAt - Environment.TickCount64;
        Assert.InRange(left, 1, 29_000);
    }
}
