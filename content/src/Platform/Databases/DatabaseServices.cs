using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Platform.Common;

namespace Platform.Databases;

internal static class DatabaseServices
{
    public static IServiceCollection AddDatabases(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddValidatedOptions<CommitOptions>(configuration, CommitOptions.Section);
        services.AddSingleton(typeof(ContextPool<>));
        foreach (var type in Scanned.Classes<OldRows>())
        {
            services.AddSingleton(typeof(OldRows), type);
        }

        services.AddHostedService<OldRowsCleaner>();
        services.AddSingleton<MigrationsHealthCheck>();
        services.AddHealthChecks().AddCheck<MigrationsHealthCheck>("migrations", tags: ["ready"]);
        return services.AddExceptionHandler<DatabaseExceptionHandler>();
    }
}
