using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Platform.ReadReplicas;

internal static class ReadReplicaServices
{
    public static IServiceCollection AddReadReplicas(this IServiceCollection services, IConfiguration configuration) => services
        .AddValidatedOptions<ReadReplicaOptions>(configuration, ReadReplicaOptions.Section)
        .AddSingleton<IInterceptor, CommitCapture>()
        .AddSingleton<SyncTokenCodec>()
        .AddSingleton<Replicas>()
        .AddSingleton<ReadReplicaTelemetry>()
        .AddHostedService<ReplicaProbe>()
        .AddScoped<SyncTokens>()
        .AddScoped<ReadRouting>();
}
