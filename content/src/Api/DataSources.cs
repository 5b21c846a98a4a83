using Npgsql;
using Platform.Failover;
using Platform.ReadReplicas;
#if (!aspire)
using StackExchange.Redis;
#endif

namespace Api;

/// <summary>
/// The one place that opens connections: a keyed <see cref="NpgsqlDataSource"/> for every database on the replica, one for
/// every database, role and server that may be the primary, and the Redis connection.
/// </summary>
internal static class DataSourceRegistration
{
    private const string Redis = "redis";

    public static void AddDataSources(this WebApplicationBuilder builder)
    {
        var names = DatabaseNames.From(builder.Configuration);
        var options = builder.Configuration.GetSection(PostgresOptions.Section).Get<PostgresOptions>() ?? new();
        foreach (var name in names.Replicas)
        {
            builder.AddDataSource(name, name, options, source => source.UseReplica(builder.Configuration));
        }

        var timelines = new PrimaryTimelines(builder.Configuration);
        builder.Services.AddSingleton(timelines);
        foreach (var name in names.Primaries.Concat(names.Workers))
        {
            foreach (var host in timelines.HostsOf(name))
            {
                builder.AddDataSource(
                    PrimaryTimelines.KeyOf(name, host), name, options, source => source.UsePrimaryFence(timelines, name, host));
            }
        }

#if (aspire)
        builder.AddRedisClient(
            Redis, settings => settings.DisableHealthChecks = true, options => options.AbortOnConnectFail = false);
#else
        var redis = ConfigurationOptions.Parse(builder.Configuration.GetConnectionString(Redis) ?? throw Missing(Redis));
        redis.AbortOnConnectFail = false;
        builder.Services.AddSingleton<IConnectionMultiplexer>(_ => ConnectionMultiplexer.Connect(redis));
#endif
    }

    /// <param name="builder">The API.</param>
    /// <param name="key">Key of the service.</param>
    /// <param name="name">Name of the connection string.</param>
    /// <param name="options">Win over the connection string.</param>
    /// <param name="configure">Comes last.</param>
    private static void AddDataSource(
        this WebApplicationBuilder builder, string key, string name, PostgresOptions options,
        Action<NpgsqlDataSourceBuilder> configure)
    {
        var connectionString = builder.Configuration.GetConnectionString(name) ?? throw Missing(name);
#if (aspire)
        builder.AddKeyedNpgsqlDataSource(
            key,
            settings => (settings.ConnectionString, settings.DisableHealthChecks) = (connectionString, true),
            Configure);
#else
        builder.Services.AddNpgsqlDataSource(connectionString, Configure, serviceKey: key);
#endif

        void Configure(NpgsqlDataSourceBuilder source)
        {
            source.Name = key;
            options.ApplyTo(source.ConnectionStringBuilder, name);
            configure(source);
        }
    }

    private static InvalidOperationException Missing(string name) =>
        new($"Connection string '{name}' is missing: set ConnectionStrings__{name}.");
}
