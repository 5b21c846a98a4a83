namespace Platform.Databases;

/// <summary>Registers a keyed <see cref="NpgsqlDataSource"/>.</summary>
public delegate void AddDataSource(string key, string connectionString, Action<NpgsqlDataSourceBuilder> configure);

internal static class DatabaseServices
{
    public static IServiceCollection AddDatabases(
        this IServiceCollection services, IConfiguration configuration, AddDataSource addDataSource)
    {
        services.AddValidatedOptions<CommitOptions>(configuration, CommitOptions.Section);
        services.AddValidatedOptions<PostgresOptions>(configuration, PostgresOptions.Section);
        services.AddSingleton<IValidateOptions<PostgresOptions>>(new ConnectionLimit(configuration));
        PreparedStatements.AreUsed = PostgresOptions.PoolerOf(configuration) != Pooler.Plain;
        services.AddDataSources(configuration, addDataSource);
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

    /// <summary>One for every database on a replica, and one for every database, role and server that may be the primary.</summary>
    private static void AddDataSources(
        this IServiceCollection services, IConfiguration configuration, AddDataSource addDataSource)
    {
        var names = DatabaseNames.From(configuration);
        var timelines = new PrimaryTimelines(configuration);
        var options = configuration.GetSection(PostgresOptions.Section).Get<PostgresOptions>() ?? new();
        services.AddSingleton(names).AddSingleton(timelines);
        foreach (var name in names.Replicas)
        {
            Add(name, name, source => source.UseReplica(configuration));
        }

        foreach (var name in names.Primaries.Concat(names.Workers))
        {
            foreach (var host in timelines.Of(name).Hosts)
            {
                Add(PrimaryTimelines.KeyOf(name, host), name, source => source.UsePrimaryFence(timelines, name, host));
            }
        }

        void Add(string key, string name, Action<NpgsqlDataSourceBuilder> configure) => addDataSource(
            key,
            configuration.RequiredConnectionString(name),
            source =>
            {
                source.Name = key;
                options.ApplyTo(source.ConnectionStringBuilder, name);
                configure(source);
            });
    }
}
