using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Acme.Service.Infrastructure.Realtime;

internal static class RealtimeServices
{
    public static IServiceCollection AddRealtime(this IServiceCollection services, IConfiguration configuration) => services
        .Configure<RealtimeOptions>(configuration.GetSection(RealtimeOptions.Section))
        .AddSingleton<RealtimeTelemetry>()
        .AddSingleton<EventHub>()
        .AddScoped<EventHistory>()
        .AddHostedService<EventReader>()
        .AddHostedService<OldEvents>();
}
