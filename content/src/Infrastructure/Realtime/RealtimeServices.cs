using Infrastructure.Persistence;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Infrastructure.Realtime;

internal static class RealtimeServices
{
    public const string Old = "Old events";

    [Sql(typeof(TimeSpan), typeof(int), Columns = [typeof(long)])]
    private const string DropSql = "SELECT drop_old_events($1, $2)";

    /// <summary>A position is refused for its age an hour before its event is dropped, so none that comes after a good one is missing.</summary>
    private static readonly TimeSpan Longer = TimeSpan.FromHours(1);

    public static IServiceCollection AddRealtime(this IServiceCollection services, IConfiguration configuration) => services
        .Configure<RealtimeOptions>(configuration.GetSection(RealtimeOptions.Section))
        .AddSingleton<RealtimeTelemetry>()
        .AddSingleton<EventHub>()
        .AddScoped<EventHistory>()
        .AddHostedService<EventReader>()
        .AddSingleton(provider => new OldRows(
            Old, DropSql, provider.GetRequiredService<IOptions<RealtimeOptions>>().Value.Lifetime + Longer, TimeSpan.FromMinutes(1)));
}
