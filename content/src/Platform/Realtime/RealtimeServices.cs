namespace Platform.Realtime;

internal static class RealtimeServices
{
    public static IServiceCollection AddRealtime(this IServiceCollection services, IConfiguration configuration) => services
        .AddValidatedOptions<RealtimeOptions>(configuration, RealtimeOptions.Section)
        .AddSingleton<RealtimeTelemetry>()
        .AddSingleton<EventHub>()
        .AddSingleton<IDomainEventWriter, EventWriter>()
        .AddScoped<EventHistory>()
        .AddHostedService<EventReader>();
}
