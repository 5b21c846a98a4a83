using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Platform.Caching;
using StackExchange.Redis;

namespace Platform.Tests.Caching;

/// <summary>Redis that is full, or a replica, answers reads. What it has is old as soon as a floor cannot be raised.</summary>
[Collection(nameof(Timed))]
public sealed class RedisRefusesWritesTests(OwnServers servers) : IClassFixture<OwnServers>
{
    private const string Full = "CONFIG SET maxmemory 1";
    private const string NotFull = "CONFIG SET maxmemory 0";
    private const string ReadOnly = "REPLICAOF 127.0.0.1 1";
    private const string Writable = "REPLICAOF NO ONE";

    private static readonly CachedKind<Thing> Kind = ThingJson.In("directory");

    private readonly CacheOptions _options = new()
    {
        Prefix = $"refuses-{Guid.NewGuid():N}",
        LocalSeconds = 0,
        TimeoutMilliseconds = 2_000,
    };

    private readonly string _key = $"refuses-{Guid.NewGuid():N}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Full, NotFull)]
    [InlineData(ReadOnly, Writable)]
    public async Task A_Redis_that_refuses_writes_is_not_read_until_it_takes_one(string breaks, string mends)
    {
        await using var redis = await servers.ConnectAsync();
        await using var administrator = await servers.ConnectAsync();
        using var measurements = new Measurements(CacheTelemetry.Name);
        var log = new Warnings();
        using var instance = new CacheInstance(redis, _options, logger: log);
        await FillAsync(instance);

        await DoAsync(administrator, breaks);
        try
        {
            await servers.WriteAsync(_key, 2);
            await instance.RaiseAsync(Kind.KeyOf(_key, timeline: 1), 2);
            Assert.Equal((2, CacheOutcome.Bypass), await ReadAsync(instance));
            var health = await instance.Circuit.CheckHealthAsync(new HealthCheckContext(), Cancellation);
            Assert.Equal(HealthStatus.Degraded, health.Status);
            Assert.StartsWith("Redis is bypassed until it takes a write: ", health.Description, StringComparison.Ordinal);
            Assert.Equal(1, measurements.Sum("cache.circuit_open"));
            // Longer than the pause between two attempts to write.
            await Task.Delay(500, Cancellation);
            Assert.Equal((2, CacheOutcome.Bypass), await ReadAsync(instance));
            Assert.Single(log.All);
        }
        finally
        {
            await DoAsync(administrator, mends);
        }

        await Eventually.TrueAsync(() => !instance.Circuit.IsOpen);
        Assert.Equal((2, CacheOutcome.Miss), await ReadAsync(instance));
        Assert.Equal((2, CacheOutcome.Hit), await ReadAsync(instance));
        Assert.Equal(0, measurements.Sum("cache.circuit_open"));
    }

    [Theory]
    [InlineData(Full, NotFull)]
    [InlineData(ReadOnly, Writable)]
    public async Task An_instance_that_only_reads_finds_out_by_its_health_check(string breaks, string mends)
    {
        await using var redis = await servers.ConnectAsync();
        await using var administrator = await servers.ConnectAsync();
        using var instance = new CacheInstance(redis, _options);
        await FillAsync(instance);

        await DoAsync(administrator, breaks);
        try
        {
            var health = await instance.Circuit.CheckHealthAsync(new HealthCheckContext(), Cancellation);
            Assert.Equal(HealthStatus.Degraded, health.Status);
            Assert.Equal((1, CacheOutcome.Bypass), await ReadAsync(instance));
        }
        finally
        {
            await DoAsync(administrator, mends);
        }
    }

    private static Task<RedisResult> DoAsync(ConnectionMultiplexer administrator, string command) =>
        administrator.GetDatabase().ExecuteAsync(command.Split(' ')[0], [.. command.Split(' ')[1..]], CommandFlags.None);

    private async Task FillAsync(CacheInstance instance)
    {
        await servers.WriteAsync(_key, 1);
        await Eventually.TrueAsync(async () => await ReadAsync(instance) == (1, CacheOutcome.Hit));
    }

    private async Task<(long, CacheOutcome)> ReadAsync(CacheInstance instance)
    {
        var (thing, outcome) = await instance.Cache.GetAsync(
            Kind, Kind.KeyOf(_key, timeline: 1), needed: null, _ => servers.LoadAsync(_key, replica: false), Cancellation);
        return (thing!.Version, outcome);
    }

    private sealed class Warnings : ILogger<CacheTelemetry>
    {
        public ConcurrentQueue<string> All { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel >= LogLevel.Warning)
            {
                All.Enqueue(formatter(state, exception));
            }
        }
    }
}
