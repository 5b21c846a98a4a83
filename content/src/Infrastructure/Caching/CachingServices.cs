using Microsoft.Extensions.DependencyInjection;

namespace Acme.Service.Infrastructure.Caching;

internal static class CachingServices
{
    public static IServiceCollection AddCaching(this IServiceCollection services)
    {
        services.AddHealthChecks().AddCheck<RedisHealthCheck>("redis", tags: ["ready"]);
        return services;
    }
}
