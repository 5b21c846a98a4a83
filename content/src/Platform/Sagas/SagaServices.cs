using Application.Sagas;

namespace Platform.Sagas;

internal static class SagaServices
{
    /// <summary>The engine, and every saga that Application defines.</summary>
    public static IServiceCollection AddSagas(this IServiceCollection services, IConfiguration configuration)
    {
        var sagas = typeof(ISaga).Assembly.GetTypes()
            .Where(type => type is { IsClass: true, IsAbstract: false } && type.IsAssignableTo(typeof(ISaga)));
        foreach (var saga in sagas)
        {
            services.AddSingleton(typeof(ISaga), saga);
        }

        return services
            .AddValidatedOptions<SagaOptions>(configuration, SagaOptions.Section)
            .AddSingleton<SagaDefinitions>()
            .AddSingleton<SagaQueues>()
            .AddSingleton<SagaBulkheads>()
            .AddSingleton<SagaClaims>()
            .AddSingleton<SagaTelemetry>()
            .AddSingleton<SagaEngine>()
            .AddHostedService<SagaRunner>();
    }
}
