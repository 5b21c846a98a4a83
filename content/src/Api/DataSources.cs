using Acme.Service.Infrastructure.Persistence;
using Npgsql;
#if (!aspire)
using StackExchange.Redis;
#endif

namespace Acme.Service.Api;

/// <summary>
/// The one place that opens connections: a keyed <see cref="NpgsqlDataSource"/> for every database on the primary and
/// on the replica, and the Redis connection.
/// </summary>
internal static class DataSources
{
    private const string Redis = "redis";

    public static void AddDataSources(this WebApplicationBuilder builder)
    {
        var names = DatabaseNames.From(builder.Configuration);
        var pools = builder.Configuration.GetSection("Postgres");
        foreach (var name in names.Primaries.Concat(names.Replicas))
        {
#if (aspire)
            builder.AddKeyedNpgsqlDataSource(
                name,
                settings => settings.DisableHealthChecks = true,
                source => Configure(source, name, pools));
#else
            builder.Services.AddNpgsqlDataSource(
                builder.Configuration.GetConnectionString(name) ?? throw Missing(name),
                source => Configure(source, name, pools),
                serviceKey: name);
#endif
        }

#if (aspire)
        builder.AddRedisClient(Redis, settings => settings.DisableHealthChecks = true, options => options.AbortOnConnectFail = false);
#else
        var redis = ConfigurationOptions.Parse(builder.Configuration.GetConnectionString(Redis) ?? throw Missing(Redis));
        redis.AbortOnConnectFail = false;
        builder.Services.AddSingleton<IConnectionMultiplexer>(_ => ConnectionMultiplexer.Connect(redis));
#endif
    }

    /// <summary>Pool settings come from the section <c>Postgres</c>; what is not there keeps the connection string's value.</summary>
    private static void Configure(NpgsqlDataSourceBuilder source, string name, IConfiguration pools)
    {
        source.Name = name;
        pools.Bind(source.ConnectionStringBuilder);
    }

#if (!aspire)
    private static InvalidOperationException Missing(string name) =>
        new($"Connection string '{name}' is missing: set ConnectionStrings__{name}.");
#endif
}
