using Platform.Caching;
using StackExchange.Redis;

namespace Integration.Tests.Caching;

public sealed partial class VersionedCacheTests(ServersFixture fixture) : IClassFixture<ServersFixture>
{
    private static readonly CachedKind<Thing> Kind = ThingJson.In("directory");

    private static readonly string It = Kind.KeyOf("it", timeline: 1);

    private readonly string _prefix = $"cache-{Guid.NewGuid():N}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_fill_older_than_the_floor_is_refused()
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(fixture.Servers.Redis);
        using var instance = Instance(redis);
        var now = (await instance.Entries.ReadAsync(It))!.Now;

        Assert.True(await instance.Entries.RaiseAsync([It], 255));
        Assert.Equal(FillOutcome.Refused, await FillAsync(254));
        Assert.Equal(FillOutcome.Kept, await FillAsync(255));
        Assert.Equal(FillOutcome.Kept, await FillAsync(256));
        Assert.Equal(FillOutcome.Refused, await FillAsync(255));

        // Beyond what a number in Lua can tell from its neighbour.
        Assert.True(await instance.Entries.RaiseAsync([It], long.MaxValue));
        Assert.Equal(FillOutcome.Refused, await FillAsync(long.MaxValue - 1));
        Assert.Equal(
            (long.MaxValue, null), await instance.Entries.ReadAsync(It) is { } stored ? (stored.Floor, stored.Payload) : default);

        ValueTask<FillOutcome> FillAsync(long version) => instance.Entries.FillAsync(It, version, At(1), [1], now);
    }

    [Fact]
    public async Task A_request_with_a_token_newer_than_the_entry_is_a_miss()
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(fixture.Servers.Redis);
        using var instance = Instance(redis, localSeconds: 5);

        Assert.Equal((1, CacheOutcome.Miss), await ReadAsync(instance, 1, seen: At(100)));
        Assert.Equal((1, CacheOutcome.Hit), await ReadAsync(instance, 2, seen: At(200)));
        Assert.Equal((1, CacheOutcome.Hit), await ReadAsync(instance, 2, seen: At(200), needed: At(100)));
        Assert.Equal((2, CacheOutcome.Miss), await ReadAsync(instance, 2, seen: At(200), needed: At(101)));
        Assert.Equal((2, CacheOutcome.Hit), await ReadAsync(instance, 3, seen: At(300), needed: At(200)));
        // After a promotion, a position on the old timeline says nothing of the new one.
        Assert.Equal(
            (3, CacheOutcome.Miss), await ReadAsync(instance, 3, seen: At(300, timeline: 2), needed: At(150, timeline: 2)));
    }

    [Fact]
    public async Task An_instance_remembers_for_the_time_it_may_and_forgets_what_it_writes()
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(fixture.Servers.Redis);
        using var one = Instance(redis, localSeconds: 1);
        using var other = Instance(redis, localSeconds: 1);
        var remembered = Stopwatch.StartNew();
        Assert.Equal((1, CacheOutcome.Miss), await ReadAsync(one, 1, seen: At(1)));

        await other.RaiseAsync(It, 2);
        Assert.Equal((2, CacheOutcome.Miss), await ReadAsync(other, 2, seen: At(2)));
        Assert.Equal((1, CacheOutcome.Hit), await ReadAsync(one, 2, seen: At(2)));
        while (await ReadAsync(one, 2, seen: At(2)) != (2, CacheOutcome.Hit))
        {
            Assert.InRange(remembered.Elapsed.TotalSeconds, 0, 1.5);
            await Task.Delay(10, Cancellation);
        }

        await one.RaiseAsync(It, 3);
        Assert.Equal((3, CacheOutcome.Miss), await ReadAsync(one, 3, seen: At(3)));
    }

    [Fact]
    public async Task A_load_under_way_during_a_write_of_the_same_instance_is_not_remembered()
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(fixture.Servers.Redis);
        using var instance = Instance(redis, localSeconds: 5);
        var (loading, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        var late = instance.Cache.GetAsync(
            Kind, It, needed: null,
            async primary =>
            {
                loading.TrySetResult();
                await goOn.Task;
                return new Loaded<Thing>(new Thing(1), 1, At(1));
            },
            Cancellation);
        await loading.Task;

        await instance.RaiseAsync(It, 2);
        var next = ReadAsync(instance, 2, seen: At(2));
        goOn.SetResult();
        await late;
        // Not the one under way, which began before the write.
        Assert.Equal((2, CacheOutcome.Miss), await next);
        Assert.Equal((2, CacheOutcome.Hit), await ReadAsync(instance, 3, seen: At(3)));
    }

    [Fact]
    public async Task That_a_row_is_absent_is_cached_until_it_comes()
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(fixture.Servers.Redis);
        using var instance = Instance(redis);
        Assert.Equal((0, CacheOutcome.Miss), await ReadAsync(instance, version: null, seen: At(1)));
        Assert.Equal((0, CacheOutcome.Hit), await ReadAsync(instance, 5, seen: At(1)));

        await instance.RaiseAsync(It, 5);
        Assert.Equal((5, CacheOutcome.Miss), await ReadAsync(instance, 5, seen: At(5)));
        await instance.RaiseAsync(It, 6);
        // A replica may have it from before the row came, so only the primary is believed.
        Assert.Equal((0, CacheOutcome.Miss), await ReadAsync(instance, version: null, seen: At(6)));
        Assert.Equal((0, CacheOutcome.Hit), await ReadAsync(instance, 5, seen: At(5)));
    }

    [Fact]
    public async Task Of_a_thousand_who_miss_at_once_on_two_instances_two_load()
    {
        await using var oneRedis = await ConnectionMultiplexer.ConnectAsync(fixture.Servers.Redis);
        await using var otherRedis = await ConnectionMultiplexer.ConnectAsync(fixture.Servers.Redis);
        var options = new CacheOptions { Prefix = _prefix, TimeoutMilliseconds = 5_000 };
        using var one = new CacheInstance(oneRedis, options);
        using var other = new CacheInstance(otherRedis, options);
        var loads = 0;

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 1_000).Select(i => Task.Run(() => (i % 2 == 0 ? one : other).Cache.GetAsync(
            Kind, It, needed: null,
            async _ =>
            {
                Interlocked.Increment(ref loads);
                await Task.Delay(20, Cancellation);
                return new Loaded<Thing>(new Thing(7), 7, At(7));
            },
            Cancellation))));

        TestContext.Current.TestOutputHelper?.WriteLine($"{loads} loads");
        Assert.All(answers, answer => Assert.Equal(7, answer.Value?.Version));
        Assert.InRange(loads, 1, 2);
    }

    [Fact]
    public async Task A_load_that_fails_fails_for_those_who_wait_and_is_tried_again_by_the_next()
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(fixture.Servers.Redis);
        using var instance = Instance(redis);
        await Assert.ThrowsAsync<TimeoutException>(() => instance.Cache.GetAsync<Thing>(
            Kind, It, needed: null, _ => throw new TimeoutException(), Cancellation));

        Assert.Equal((1, CacheOutcome.Miss), await ReadAsync(instance, 1, seen: At(1)));
    }

    [Fact]
    public async Task What_cannot_be_read_is_loaded_again()
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(fixture.Servers.Redis);
        using var instance = Instance(redis);
        Assert.Equal((1, CacheOutcome.Miss), await ReadAsync(instance, 1, seen: At(1)));
        Assert.True(await redis.GetDatabase().HashExistsAsync($"{_prefix}:{It}", "payload"));
        await redis.GetDatabase().HashSetAsync($"{_prefix}:{It}", "payload", "?");

        Assert.Equal((1, CacheOutcome.Miss), await ReadAsync(instance, 1, seen: At(1)));
        Assert.Equal((1, CacheOutcome.Hit), await ReadAsync(instance, 2, seen: At(1)));
    }

    [Fact]
    public async Task A_primary_without_room_is_spared_and_what_the_replica_said_is_not_kept()
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(fixture.Servers.Redis);
        using var instance = Instance(redis);
        await instance.RaiseAsync(It, 2);

        Assert.Equal((1, CacheOutcome.Bypass), await ReadAsync(instance, 1, seen: At(1), hasRoom: false));
        Assert.Equal((2, CacheOutcome.Miss), await ReadAsync(instance, 2, seen: At(2)));
    }

    [Fact]
    public async Task Meters_tell_outcomes_loads_and_refusals()
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(fixture.Servers.Redis);
        using var instance = Instance(redis);
        using var measurements = new Measurements(CacheTelemetry.Name, CacheInstance.Metrics);
        await instance.RaiseAsync(It, 2);
        await ReadAsync(instance, 1, seen: At(1));
        await ReadAsync(instance, 3, seen: At(1));

        Assert.Equal(
            [
                "cache.loads replica", "cache.fills refused", "cache.loads primary", "cache.fills refused", "cache.requests miss",
                "cache.loads replica", "cache.fills kept", "cache.requests miss",
            ],
            measurements.All.Select(one =>
                $"{one.Name} {string.Join(' ', one.Tags.Where(tag => tag.Key != "kind" && tag.Value is not null).Select(tag => tag.Value))}"));
    }

    private static WalPosition At(ulong lsn, int timeline = 1) => new(timeline, lsn);

    /// <param name="version">Of the row in the database; null when there is none.</param>
    /// <param name="seen">How far the replica is.</param>
    /// <param name="hasRoom">Whether the primary takes one more read.</param>
    private static async Task<(long Version, CacheOutcome Outcome)> ReadAsync(
        CacheInstance instance, long? version, WalPosition seen, WalPosition? needed = null, bool hasRoom = true)
    {
        var (thing, outcome) = await instance.Cache.GetAsync(
            Kind, It, needed,
            primary => primary && !hasRoom
                ? throw new ReadRefusedException(ReadVerdict.NoServer, "No room.")
                : Task.FromResult(
                    new Loaded<Thing>(version is { } there ? new Thing(there) : null, version ?? 0, primary ? null : seen)),
            Cancellation);
        return (thing?.Version ?? 0, outcome);
    }

    private CacheInstance Instance(IConnectionMultiplexer redis, double localSeconds = 0) =>
        new(redis, new CacheOptions { Prefix = _prefix, LocalSeconds = localSeconds, TimeoutMilliseconds = 10_000 });
}
