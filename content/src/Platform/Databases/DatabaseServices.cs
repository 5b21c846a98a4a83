namespace Platform.Databases;

internal static class DatabaseServices
{
    public static IServiceCollection AddDatabases(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddValidatedOptions<CommitOptions>(configuration, CommitOptions.Section);
        services.AddValidatedOptions<PostgresOptions>(configuration, PostgresOptions.Section);
        services.AddSingleton<IValidateOptions<PostgresOptions>>(new ConnectionLimit(configuration));
        PreparedStatements.AreUsed = PostgresOptions.PoolerOf(configuration) != Pooler.Plain;
        services.AddSingleton(typeof(ContextPool<>));
        foreach (var type in Scanned.Classes<RowRetention>())
        {
            services.AddSingleton(typeof(RowRetention), type);
        }

        services.AddHostedService<RetentionWorker>();
        services.AddSingleton<MigrationsHealthCheck>();
        services.AddHealthChecks().AddCheck<MigrationsHealthCheck>("migrations", tags: ["ready"]);
        return services.AddExceptionHandler<DatabaseExceptionHandler>();
    }
}
