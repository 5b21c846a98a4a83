namespace Platform.Caching;

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
            .AddScopedInternal<CacheReader>()
            .AddScopedInternal<CacheFloors>();
    }
}
