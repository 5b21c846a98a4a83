using Microsoft.Extensions.Hosting;
using Npgsql;

namespace AppHost.PostgresReplica;

/// <summary>Puts lag and replay state on the dashboard every second while the replica runs.</summary>
internal sealed class ReplicaReporter(PostgresReplicaResource replica, ResourceNotificationService notifications) : BackgroundService
{
    private const string ReplayProperty = "postgres.replica.replay";
    private const string LagProperty = "postgres.replica.lag";

    /// <summary>What the dashboard was last told about replay; null when nothing is known.</summary>
    public static Replay? ReplayIn(CustomResourceSnapshot snapshot) =>
        snapshot.State?.Text == KnownResourceStates.Running
        && Enum.TryParse<Replay>(snapshot.Properties.FirstOrDefault(p => p.Name == ReplayProperty)?.Value as string, out var replay)
            ? replay
            : null;

    /// <summary>The snapshot with what is known now; null for a replica that does not answer.</summary>
    public static CustomResourceSnapshot Report(CustomResourceSnapshot snapshot, ReplicaStatus? status) => snapshot with
    {
        Properties =
        [
            .. snapshot.Properties.Where(property => property.Name is not (ReplayProperty or LagProperty)),
            new(ReplayProperty, status?.Replay.ToString()) { DisplayName = "Replay", IsHighlighted = true },
            new(LagProperty, status?.Lag) { DisplayName = "Lag", IsHighlighted = true },
        ],
    };

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await notifications.WaitForResourceAsync(replica.Name, KnownResourceStates.Running, stoppingToken);
            var status = await ReadAsync(stoppingToken);
            await notifications.PublishUpdateAsync(replica, snapshot => Report(snapshot, status));
        }
    }

    private async Task<ReplicaStatus?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await ReplicaStatus.ReadAsync(replica, cancellationToken);
        }
        catch (NpgsqlException)
        {
            return null; // Starting or stopping; the health check says why.
        }
    }
}
