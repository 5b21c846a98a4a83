using Infrastructure.Persistence;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Infrastructure.Realtime;

internal static class RealtimeServices
{
    public static IServiceCollection AddRealtime(this IServiceCollection services, IConfiguration configuration) => services
        .AddValidatedOptions<RealtimeOptions>(configuration, RealtimeOptions.Section)
        .AddSingleton<RealtimeTelemetry>()
        .AddSingleton<EventHub>()
        .AddScoped<EventHistory>()
        .AddHostedService<EventReader>();
}
