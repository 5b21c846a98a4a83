using Infrastructure.RowSecurity;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Infrastructure.Persistence;

internal static class PersistenceServices
{
    public static IServiceCollection AddPersistence(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddValidatedOptions<CommitOptions>(configuration, CommitOptions.Section);
        services.AddValidatedOptions<PostgresOptions>(configuration, PostgresOptions.Section);
        services.AddSingleton<IValidateOptions<PostgresOptions>>(new ConnectionLimit(configuration));
        PreparedStatements.AreUsed = PostgresOptions.PoolerOf(configuration) != Pooler.Plain;
        services.AddSingleton(typeof(ContextPool<>));
        services.AddSingleton<PrimarySources>();
        services.AddHostedService<PrimaryProbe>();
        foreach (var type in typeof(OldRows).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(OldRows))))
        {
            services.AddSingleton(typeof(OldRows), type);
        }

        services.AddHostedService<OldRowsCleaner>();
        services.AddSingleton<MigrationsHealthCheck>();
        services.AddHealthChecks().AddCheck<MigrationsHealthCheck>("migrations", tags: ["ready"]);
        return services.AddExceptionHandler<DatabaseExceptionHandler>();
    }
}
