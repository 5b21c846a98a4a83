using Microsoft.Extensions.Hosting;
using Platform.Caching;
using Platform.Idempotency;
using Platform.Realtime;
using Platform.Sagas;

namespace Platform;

public static class PlatformServices
{
    /// <summary>
    /// The patterns, and the features' adapters of Application's ports. Needs a keyed <c>NpgsqlDataSource</c> for every replica
    /// of <see cref="DatabaseNames"/> under its name, and for every other on each of its
    /// <see cref="PrimaryTimelines.HostsOf"/> under <see cref="PrimaryTimelines.KeyOf"/>; those timelines; and an
    /// <c>IConnectionMultiplexer</c>. The composition root registers them.
    /// </summary>
    public static IServiceCollection AddPlatform(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(DatabaseNames.From(configuration));
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
