using Application.Servers;

namespace Platform.Sharding;

internal static class ShardingServices
{
    public static IServiceCollection AddSharding(this IServiceCollection services) => services
        .AddSingleton<BucketMap>()
        .AddSingleton<IShardMap>(provider => provider.GetRequiredService<BucketMap>())
        .AddSingleton<ShardSignals>()
        .AddHostedService(provider => provider.GetRequiredService<ShardSignals>())
        .AddScopedInternal<DirectoryReader>()
        .AddScopedInternal<ShardReader>()
        .AddScopedInternal<ShardWriter>();
}
