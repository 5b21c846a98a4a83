using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Infrastructure.Persistence;

internal static class PersistenceServices
{
    public static IServiceCollection AddPersistence(this IServiceCollection services, IConfiguration configuration)
    {
        services.Configure<CommitOptions>(configuration.GetSection(CommitOptions.Section));
        services.AddSingleton(typeof(ContextPool<>));
        services.AddSingleton<PrimarySources>();
        services.AddHostedService<PrimaryProbe>();
        foreach (var type in typeof(IRetention).Assembly.GetTypes()
            .Where(type => type.IsClass && type.IsAssignableTo(typeof(IRetention))))
        {
            services.AddSingleton(provider => ((IRetention)ActivatorUtilities.CreateInstance(provider, type)).Rows);
        }

        services.AddHostedService<OldRowsCleaner>();
        services.AddSingleton<MigrationsHealthCheck>();
        services.AddHealthChecks().AddCheck<MigrationsHealthCheck>("migrations", tags: ["ready"]);
        return services.AddExceptionHandler<DatabaseExceptionHandler>();
    }
}
