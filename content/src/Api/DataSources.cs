using Npgsql;
#if (!aspire)
using StackExchange.Redis;
#endif

namespace Api;

/// <summary>The one place that opens connections. <c>AddPlatform</c> says to which databases.</summary>
internal static class DataSourceRegistration
{
    private const string Redis = "redis";

    /// <summary>Registers a keyed <see cref="NpgsqlDataSource"/>.</summary>
    public static void AddDataSource(
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

    public static void AddRedis(this WebApplicationBuilder builder)
    {
#if (aspire)
        builder.AddRedisClient(
            Redis, settings => settings.DisableHealthChecks = true, options => options.AbortOnConnectFail = false);
#else
        var redis = ConfigurationOptions.Parse(builder.Configuration.RequiredConnectionString(Redis));
        redis.AbortOnConnectFail = false;
        builder.Services.AddSingleton<IConnectionMultiplexer>(_ => ConnectionMultiplexer.Connect(redis));
#endif
    }
}
