using Npgsql;
using Platform;
#if (!aspire)
using StackExchange.Redis;
#endif

namespace Api;

/// <summary>The one place that opens connections.</summary>
internal static class DataSourceRegistration
{
    private const string Redis = "redis";

    /// <summary>The patterns, and the connections that they need.</summary>
    public static void AddPlatform(this WebApplicationBuilder builder)
    {
        builder.Services.AddPlatform(builder.Configuration, builder.AddDataSource);
#if (aspire)
        builder.AddRedisClient(
            Redis, settings => settings.DisableHealthChecks = true, options => options.AbortOnConnectFail = false);
#else
        var redis = ConfigurationOptions.Parse(builder.Configuration.RequiredConnectionString(Redis));
        redis.AbortOnConnectFail = false;
        builder.Services.AddSingleton<IConnectionMultiplexer>(_ => ConnectionMultiplexer.Connect(redis));
#endif
    }

    /// <summary>Registers a keyed <see cref="NpgsqlDataSource"/>.</summary>
    private static void AddDataSource(
        this WebApplicationBuilder builder, string key, string connectionString, Action<NpgsqlDataSourceBuilder> configure)
    {
#if (aspire)
        builder.AddKeyedNpgsqlDataSource(
            key,
            settings => (settings.ConnectionString, settings.DisableHealthChecks) = (connectionString, true),
            configure);
#else
        builder.Services.AddNpgsqlDataSource(connectionString, configure, serviceKey: key);
#endif
    }
}
