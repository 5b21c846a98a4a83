namespace Platform.Failover;

internal static class FailoverServices
{
    public static IServiceCollection AddFailover(this IServiceCollection services) =>
        services.AddSingleton<DataSources>().AddHostedService<PrimaryProbe>();
}
