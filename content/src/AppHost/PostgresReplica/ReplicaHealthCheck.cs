using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Acme.Service.AppHost.PostgresReplica;

/// <summary>Healthy is a replica that streams and replays, or that was promoted. Degraded is one whose replay is paused.</summary>
internal sealed class ReplicaHealthCheck(ReplicaServer server) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            return Describe(await server.StatusAsync(cancellationToken));
        }
        catch (NpgsqlException exception)
        {
            return HealthCheckResult.Unhealthy("Does not answer.", exception);
        }
    }

    public static HealthCheckResult Describe(ReplicaStatus? status) => status switch
    {
        null => HealthCheckResult.Unhealthy("Copies the primary, or starts."),
        { InRecovery: false } => HealthCheckResult.Healthy("Promoted: it takes writes and follows no primary."),
        { Streaming: false } => HealthCheckResult.Unhealthy("In recovery, but not streaming from the primary."),
        { Paused: true } => HealthCheckResult.Degraded($"Replay is paused, {status.Lag} behind."),
        _ => HealthCheckResult.Healthy($"Streams and replays, {status.Lag} behind."),
    };
}

/// <summary>Healthy is a primary that answers.</summary>
internal sealed class PrimaryHealthCheck(ReferenceExpression settings) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await using var connection = await ReplicaServer.OpenAsync(settings, cancellationToken);
            return HealthCheckResult.Healthy($"PostgreSQL {connection.PostgreSqlVersion} answers.");
        }
        catch (NpgsqlException exception)
        {
            return HealthCheckResult.Unhealthy("Does not answer.", exception);
        }
    }
}
