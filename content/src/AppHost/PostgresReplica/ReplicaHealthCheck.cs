using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace AppHost.PostgresReplica;

/// <summary>Healthy is a replica that is in recovery and streams. One whose replay is paused is healthy, only late.</summary>
internal sealed class ReplicaHealthCheck(PostgresReplicaResource replica) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            return await ReplicaStatus.ReadAsync(replica, cancellationToken) switch
            {
                { InRecovery: false } => HealthCheckResult.Unhealthy("Promoted: it takes writes of its own and follows no primary."),
                { Streaming: false } => HealthCheckResult.Unhealthy("In recovery, but not streaming from the primary."),
                var status => HealthCheckResult.Healthy($"Streaming, {status.Lag} behind."),
            };
        }
        catch (NpgsqlException exception)
        {
            return HealthCheckResult.Unhealthy("Does not answer.", exception);
        }
    }
}
