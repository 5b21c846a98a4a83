using Infrastructure.Persistence;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Infrastructure.Caching;

internal static class CachingServices
{
    public static IServiceCollection AddCaching(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddHealthChecks().AddCheck<RedisCircuit>("redis", tags: ["ready"]);
        return services
            .AddValidatedOptions<CacheOptions>(configuration, CacheOptions.Section)
            .AddSingleton<CacheTelemetry>()
            .AddSingleton<RedisCircuit>()
            .AddSingleton<RedisEntries>()
            .AddSingleton<LocalEntries>()
            .AddSingleton<VersionedCache>()
            .AddScoped<CacheReader>()
            .AddScoped<CacheFloors>();
    }
}
