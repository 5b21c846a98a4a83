using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AppHost.PostgresReplica;

/// <summary>Health, lag and commands of PostgreSQL servers that stream, however they run.</summary>
internal static class ReplicaExtensions
{
    /// <summary>
    /// Makes a server a replica on the dashboard: it waits for its primary, is healthy while it streams, shows its lag, and
    /// has commands to pause replay, to resume it and to promote.
    /// </summary>
    /// <param name="replica">Runs a streaming replica; what it runs is up to the caller.</param>
    /// <param name="primary">The server to follow.</param>
    /// <param name="replicaSettings">Connection string of a superuser on the replica.</param>
    /// <param name="primarySettings">Connection string of a superuser on the primary.</param>
    public static IResourceBuilder<T> WithReplicaOf<T>(
        this IResourceBuilder<T> replica,
        IResourceBuilder<IResource> primary,
        ReferenceExpression replicaSettings,
        ReferenceExpression primarySettings)
        where T : IResourceWithWaitSupport
    {
        var server = new ReplicaServer(replicaSettings, primarySettings);
        replica.ApplicationBuilder.Services.AddSingleton<IHostedService>(provider =>
            new ReplicaReporter(replica.Resource, server, provider.GetRequiredService<ResourceNotificationService>()));

        return replica
            .WithIconName("DatabaseArrowRight")
            .WithPolledHealthCheck(async cancellationToken =>
                ReplicaStatus.Health(await server.StatusAsync(cancellationToken)))
            .WaitFor(primary)
            .WithCall("pause-replay", "Pause replay", server.PauseAsync, [Replay.Running], new()
            {
                Description = "The replica goes on receiving, but shows nothing new: reads from it become stale.",
                IconName = "Pause",
                IsHighlighted = true,
            })
            .WithCall("resume-replay", "Resume replay", server.ResumeAsync, [Replay.Paused], new()
            {
                Description = "The replica catches up with what it has received.",
                IconName = "Play",
                IsHighlighted = true,
            })
            .WithCall("promote", "Promote", server.PromoteAsync, [Replay.Running, Replay.Paused], new()
            {
                Description = "Makes a primary of the replica.",
                ConfirmationMessage = "The replica will take writes and follow the primary no more. The primary does not stop. "
                    + "To go back, restart the replica: it copies the primary again.",
                IconName = "ArrowUp",
            });
    }

    /// <summary>Adds a command that kills the server, as a fault to try.</summary>
    /// <param name="kill">Gets what the dashboard knows of the server.</param>
    public static IResourceBuilder<T> WithKill<T>(
        this IResourceBuilder<T> server, Func<CustomResourceSnapshot, CancellationToken, Task> kill)
        where T : IResource =>
        server.WithCommand(
            "kill",
            "Kill",
            async context =>
            {
                var notifications = context.Services.GetRequiredService<ResourceNotificationService>();
                if (!notifications.TryGetCurrentState(context.ResourceName, out var current))
                {
                    return CommandResults.Failure("It does not run.");
                }

                await kill(current.Snapshot, context.CancellationToken);
                return CommandResults.Success("Killed. Start it again: it recovers from its log.");
            },
            new()
            {
                Description = "Kills the server's process, as a crash would.",
                ConfirmationMessage = "Connections break and writes fail until you start it again.",
                IconName = "Flash",
                UpdateState = context => Shown(context.ResourceSnapshot.State?.Text == KnownResourceStates.Running),
            });

    private static IResourceBuilder<T> WithCall<T>(
        this IResourceBuilder<T> replica,
        string name, string displayName, Func<CancellationToken, Task<string>> call, Replay[] shownWhen, CommandOptions options)
        where T : IResource
    {
        options.UpdateState = context =>
            Shown(ReplicaReporter.ReplayIn(context.ResourceSnapshot) is { } replay && shownWhen.Contains(replay));
        return replica.WithCommand(
            name,
            displayName,
            async context =>
            {
                try
                {
                    return CommandResults.Success(await call(context.CancellationToken));
                }
                catch (Npgsql.NpgsqlException exception)
                {
                    return CommandResults.Failure(exception.Message);
                }
            },
            options);
    }

    /// <summary>The dashboard has room for two commands in a row, so one that does not apply is hidden.</summary>
    private static ResourceCommandState Shown(bool applies) =>
        applies ? ResourceCommandState.Enabled : ResourceCommandState.Hidden;
}
