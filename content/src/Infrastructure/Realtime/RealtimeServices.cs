using Infrastructure.Persistence;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Infrastructure.Realtime;

internal static class RealtimeServices
{
    public static IServiceCollection AddRealtime(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<RealtimeOptions>().Bind(configuration.GetSection(RealtimeOptions.Section))
            .Validate(options => options.Lifetime > TimeSpan.Zero, "Realtime:Lifetime must be above 0.")
            .Validate(options => options.PollMilliseconds > 0, "Realtime:PollMilliseconds must be above 0.")
            .Validate(options => options.QuietPollSeconds > 0, "Realtime:QuietPollSeconds must be above 0.")
            .Validate(options => options.HeartbeatSeconds > 0, "Realtime:HeartbeatSeconds must be above 0.")
            .ValidateOnStart();
        return services
            .AddSingleton<RealtimeTelemetry>()
            .AddSingleton<EventHub>()
            .AddScoped<EventHistory>()
            .AddHostedService<EventReader>();
    }
}
