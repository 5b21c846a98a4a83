using Platform.Caching;
using Platform.Idempotency;
using Platform.Realtime;
using Platform.Sagas;

namespace Platform;

public static class PlatformServices
{
    /// <summary>
    /// The patterns, and the features' adapters of Application's ports. The composition root registers an
    /// <c>IConnectionMultiplexer</c> as well.
    /// </summary>
    public static IServiceCollection AddPlatform(
        this IServiceCollection services, IConfiguration configuration, AddDataSource addDataSource)
    {
        services.AddFailover();
        services.AddDatabases(configuration, addDataSource);
        services.AddSharding();
        services.AddReadReplicas(configuration);
        services.AddIdempotency(configuration);
        services.AddSagas(configuration);
        services.AddRealtime(configuration);
        services.AddCaching(configuration);
        return services.AddPorts();
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
