using Infrastructure.Persistence;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Infrastructure.Realtime;

internal static class RealtimeServices
{
    public const string Old = "Old events";

    /// <summary>
    /// A position is refused for its age an hour before its event is dropped, so none that comes after a good one is missing.
    /// </summary>
    public static readonly TimeSpan Longer = TimeSpan.FromHours(1);

    [Sql(typeof(TimeSpan), typeof(int), Columns = [typeof(long)])]
    private const string DropSql = "SELECT drop_old_events($1, $2)";

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
            .AddHostedService<EventReader>()
            .AddSingleton(provider => new OldRows(
                Old,
                DropSql,
                provider.GetRequiredService<IOptions<RealtimeOptions>>().Value.Lifetime + Longer,
                TimeSpan.FromMinutes(1)));
    }
}
