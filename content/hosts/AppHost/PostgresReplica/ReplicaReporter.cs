using Microsoft.Extensions.Hosting;
using Npgsql;

namespace AppHost.PostgresReplica;

/// <summary>Puts lag and replay state on the dashboard every second while the replica runs.</summary>
internal sealed class ReplicaReporter(IResource replica, ReplicaServer server, ResourceNotificationService notifications)
    : BackgroundService
{
    private const string ReplayProperty = "postgres.replica.replay";
    private const string LagProperty = "postgres.replica.lag";
    private const string Updating = "Updating";

    /// <summary>What the dashboard was last told about replay; null when nothing is known.</summary>
    public static Replay? ReplayIn(CustomResourceSnapshot snapshot) =>
        snapshot.State?.Text == KnownResourceStates.Running
        && Enum.TryParse<Replay>(
            snapshot.Properties.FirstOrDefault(p => p.Name == ReplayProperty)?.Value as string, out var replay)
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
        Replay? last = null;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (!IsRunning())
            {
                server.Forget();
                last = null;
                await notifications.WaitForResourceAsync(replica.Name, KnownResourceStates.Running, stoppingToken);
            }

            var status = await ReadAsync(stoppingToken);
            await notifications.PublishUpdateAsync(replica, snapshot => Report(snapshot, status));
            if (status is not null && last != status.Replay)
            {
                await CheckHealthAsync();
                last = status.Replay;
            }
        }
    }

    private bool IsRunning() => notifications.TryGetCurrentState(replica.Name, out var current)
        && current.Snapshot.State?.Text == KnownResourceStates.Running;

    /// <summary>Aspire checks a healthy resource every 30 seconds, and at once when the text of its state changes.</summary>
    private async Task CheckHealthAsync()
    {
        await ChangeStateAsync(KnownResourceStates.Running, Updating);
        await ChangeStateAsync(Updating, KnownResourceStates.Running);

        Task ChangeStateAsync(string from, string to) => notifications.PublishUpdateAsync(
            replica, snapshot => snapshot.State?.Text == from ? snapshot with { State = to } : snapshot);
    }

    private async Task<ReplicaStatus?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await server.StatusAsync(cancellationToken);
        }
        catch (NpgsqlException)
        {
            return null; // Starting or stopping; the health check says why.
        }
    }
}
