using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AppHost.PostgresReplica;

/// <summary>Healthy: streams and replays, or was promoted. Degraded: its replay is paused.</summary>
internal sealed class ReplicaHealthCheck(ReplicaServer server) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        HealthPoll.RunAsync(async () => Describe(await server.StatusAsync(cancellationToken)), cancellationToken);

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
/// <param name="hasStarted">False while it would log an error for a client that comes too early.</param>
internal sealed class PrimaryHealthCheck(ReferenceExpression settings, Func<bool> hasStarted) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        HealthPoll.RunAsync(
            async () =>
            {
                if (!hasStarted())
                {
                    return HealthCheckResult.Unhealthy("Starts.");
                }

                await using var connection = await ReplicaServer.OpenAsync(settings, cancellationToken);
                return HealthCheckResult.Healthy($"PostgreSQL {connection.PostgreSqlVersion} answers.");
            },
            cancellationToken);
}
