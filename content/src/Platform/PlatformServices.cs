using Microsoft.Extensions.Hosting;
using Platform.Caching;
using Platform.Idempotency;
using Platform.Realtime;
using Platform.Sagas;

namespace Platform;

/// <summary>Registers a keyed <see cref="NpgsqlDataSource"/>.</summary>
public delegate void AddDataSource(string key, string connectionString, Action<NpgsqlDataSourceBuilder> configure);

public static class PlatformServices
{
    /// <summary>
    /// The patterns, and the features' adapters of Application's ports. The composition root registers an
    /// <c>IConnectionMultiplexer</c> as well.
    /// </summary>
    public static IServiceCollection AddPlatform(
        this IServiceCollection services, IConfiguration configuration, AddDataSource addDataSource)
    {
        services.AddDataSources(configuration, addDataSource);
        services.AddFailover();
        services.AddDatabases(configuration);
        services.AddSharding();
        services.AddReadReplicas(configuration);
        services.AddIdempotency(configuration);
        services.AddSagas(configuration);
        services.AddRealtime(configuration);
        services.AddCaching(configuration);
        return services.AddFeatureWorkers().AddPorts();
    }

    private static IServiceCollection AddFeatureWorkers(this IServiceCollection services)
    {
        foreach (var worker in Scanned.Classes<IHostedService>()
            .Where(type => type.Assembly != typeof(PlatformServices).Assembly))
        {
            services.AddSingleton(typeof(IHostedService), worker);
        }

        return services;
    }

    /// <summary>One for each database on each replica, and for each database and role on each possible primary.</summary>
    private static void AddDataSources(
        this IServiceCollection services, IConfiguration configuration, AddDataSource addDataSource)
    {
        var names = DatabaseNames.From(configuration);
        var timelines = new PrimaryTimelines(configuration);
        var options = configuration.GetSection(PostgresOptions.Section).Get<PostgresOptions>() ?? new();
        services.AddSingleton(names).AddSingleton(timelines);
        foreach (var name in names.Replicas)
        {
            Add(name, name, source => source.UseReplica(configuration));
        }

        foreach (var name in names.Primaries.Concat(names.Workers))
        {
            foreach (var host in timelines.Of(name).Hosts)
            {
                Add(PrimaryTimelines.KeyOf(name, host), name, source => source.UsePrimaryFence(timelines, name, host));
            }
        }

        void Add(string key, string name, Action<NpgsqlDataSourceBuilder> configure) => addDataSource(
            key,
            configuration.RequiredConnectionString(name),
            source =>
            {
                source.Name = key;
                options.ApplyTo(source.ConnectionStringBuilder, name);
                configure(source);
            });
    }

    /// <summary>Registers every class that implements a port, so that a feature's adapters are found by scanning.</summary>
    private static IServiceCollection AddPorts(this IServiceCollection services)
    {
        var adapters =
            from type in Scanned.Classes<object>()
            from port in type.GetInterfaces()
            where port != typeof(IReadPort) && port != typeof(IWritePort)
            where port.IsAssignableTo(typeof(IReadPort)) || port.IsAssignableTo(typeof(IWritePort))
            select (port, type);
        foreach (var (port, type) in adapters)
        {
            // A class that is registered by itself serves its port with that same instance.
            if (services.Any(service => service.ServiceType == type))
            {
                services.AddScoped(port, provider => provider.GetRequiredService(type));
            }
            else
            {
                services.AddScoped(port, type);
            }
        }

        return services;
    }
}
