using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Infrastructure.Caching;

internal static class CachingServices
{
    public static IServiceCollection AddCaching(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddHealthChecks().AddCheck<RedisHealthCheck>("redis", tags: ["ready"]);
        return services
            .Configure<CacheOptions>(configuration.GetSection(CacheOptions.Section))
            .AddSingleton<CacheTelemetry>()
            .AddSingleton<RedisCircuit>()
            .AddSingleton<RedisEntries>()
            .AddSingleton<LocalEntries>()
            .AddSingleton<PrimaryPosition>()
            .AddSingleton(provider => new CacheEpochs(
                provider.GetRequiredService<RedisEntries>(), provider.GetRequiredService<PrimaryPosition>().AskAsync))
            .AddSingleton<VersionedCache>()
            .AddScoped<CacheReader>()
            .AddScoped<CacheFloors>()
            .AddHostedService<FloorRelay>();
    }
}
