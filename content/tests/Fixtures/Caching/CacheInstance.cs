using System.Diagnostics.Metrics;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using Platform.Caching;
using StackExchange.Redis;

namespace Fixtures;

internal sealed record Thing(long Version);

[JsonSerializable(typeof(Thing))]
internal sealed partial class ThingJson : JsonSerializerContext
{
    public static CachedKind<Thing> In(string database) => new(database, "thing", Default.Thing);
}

/// <summary>The cache of one instance of the service, on a Redis that others may use as well.</summary>
internal sealed class CacheInstance : IDisposable
{
    /// <summary>Has the meters of these instances, and of no service.</summary>
    public static IServiceProvider Metrics { get; } = new ServiceCollection().AddMetrics().BuildServiceProvider();

    public CacheInstance(
        IConnectionMultiplexer redis,
        CacheOptions? options = null,
        Func<IOptions<CacheOptions>, CacheTelemetry, RedisCircuit>? circuit = null,
        string fillScript = RedisEntries.Fill,
        ILogger<CacheTelemetry>? logger = null)
    {
        Options = Microsoft.Extensions.Options.Options.Create(options ?? new CacheOptions { LocalSeconds = 0 });
        var telemetry = new CacheTelemetry(
            Metrics.GetRequiredService<IMeterFactory>(), logger ?? NullLogger<CacheTelemetry>.Instance);
        Circuit = circuit?.Invoke(Options, telemetry) ?? new RedisCircuit(redis, Options, telemetry);
        Entries = new RedisEntries(Circuit, Options) { FillScript = fillScript };
        Local = new LocalEntries(Options);
        Telemetry = telemetry;
        Cache = NewCache();
    }

    public IOptions<CacheOptions> Options { get; }

    public RedisCircuit Circuit { get; }

    public RedisEntries Entries { get; }

    public LocalEntries Local { get; }

    public CacheTelemetry Telemetry { get; }

    public VersionedCache Cache { get; }

    /// <summary>One that shares all but the loads under way.</summary>
    public VersionedCache NewCache() => new(Entries, Local, Telemetry, Options);

    /// <summary>What a write does once it has committed.</summary>
    public async Task RaiseAsync(string key, long version)
    {
        await Entries.RaiseAsync([key], version);
        Local.Drop(key, version);
    }

    public void Dispose()
    {
        Circuit.Dispose();
        Local.Dispose();
    }
}
