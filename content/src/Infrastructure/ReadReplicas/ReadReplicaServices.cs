using Microsoft.Extensions.DependencyInjection;

namespace Acme.Service.Infrastructure.ReadReplicas;

internal static class ReadReplicaServices
{
    public static IServiceCollection AddReadReplicas(this IServiceCollection services) =>
        services.AddScoped<SyncTokens>().AddScoped<ReadRouting>();
}
