using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Infrastructure.Caching;

internal static class CachingServices
{
    public static IServiceCollection AddCaching(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<CacheOptions>().Bind(configuration.GetSection(CacheOptions.Section))
            .Validate(options => options.LifetimeSeconds is >= 1 and <= 30, "Cache:LifetimeSeconds must be 1 to 30.")
            .Validate(options => options.LocalSeconds is >= 0 and <= 5, "Cache:LocalSeconds must be 0 to 5.")
            .Validate(options => options.LocalEntries > 0, "Cache:LocalEntries must be above 0.")
            .Validate(options => options.TimeoutMilliseconds > 0, "Cache:TimeoutMilliseconds must be above 0.")
            .ValidateOnStart();
        services.AddHealthChecks().AddCheck<RedisCircuit>("redis", tags: ["ready"]);
        return services
            .AddSingleton<CacheTelemetry>()
            .AddSingleton<RedisCircuit>()
            .AddSingleton<RedisEntries>()
            .AddSingleton<LocalEntries>()
            .AddSingleton<VersionedCache>()
            .AddScoped<CacheReader>()
            .AddScoped<CacheFloors>();
    }
}
