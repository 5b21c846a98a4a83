using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Platform.Common;

namespace Platform.Realtime;

internal static class RealtimeServices
{
    public static IServiceCollection AddRealtime(this IServiceCollection services, IConfiguration configuration) => services
        .AddValidatedOptions<RealtimeOptions>(configuration, RealtimeOptions.Section)
        .AddSingleton<RealtimeTelemetry>()
        .AddSingleton<EventHub>()
        .AddScoped<EventHistory>()
        .AddHostedService<EventReader>();
}
