using Application.Platform;
using Microsoft.Extensions.DependencyInjection;

namespace Infrastructure.Sharding;

internal static class ShardingServices
{
    public static IServiceCollection AddSharding(this IServiceCollection services) => services
        .AddSingleton<BucketMap>()
        .AddSingleton<IShardMap>(provider => provider.GetRequiredService<BucketMap>())
        .AddSingleton<ShardSignals>()
        .AddHostedService(provider => provider.GetRequiredService<ShardSignals>())
        .AddScoped<ShardReader>()
        .AddScoped<ShardWriter>();
}
