using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace AppHost.PostgresReplica;

public static class PostgresReplicaExtensions
{
    /// <summary>
    /// Adds a container with the primary's image that is healthy when it streams, shows its lag on the dashboard, and has
    /// commands to pause replay, to resume it and to promote. What it runs is up to the caller.
    /// </summary>
    /// <param name="primary">The server to follow.</param>
    /// <param name="name">The resource's name.</param>
    /// <param name="caFile">PEM file of the authority that signed the server's certificate.</param>
    public static IResourceBuilder<PostgresReplicaResource> AddReplica(
        this IResourceBuilder<PostgresServerResource> primary, [ResourceName] string name, string caFile)
    {
        var builder = primary.ApplicationBuilder;
        var resource = new PostgresReplicaResource(name, primary.Resource, caFile);
        var image = primary.Resource.Annotations.OfType<ContainerImageAnnotation>().Last();
        var healthCheck = $"{name}_check";

        builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(healthCheck, new ReplicaHealthCheck(resource), null, null));
        builder.Services.AddSingleton<IHostedService>(services =>
            new ReplicaReporter(resource, services.GetRequiredService<ResourceNotificationService>()));

        return builder.AddResource(resource)
            .WithAnnotation(new ContainerImageAnnotation { Registry = image.Registry, Image = image.Image, Tag = image.Tag })
            .WithIconName("DatabaseArrowRight")
            .WithEndpoint(targetPort: 5432, name: PostgresReplicaResource.EndpointName)
            .WithHealthCheck(healthCheck)
            .WithRelationship(primary.Resource, "Replica of")
            .WaitFor(primary)
            .WithCall("pause-replay", "Pause replay", "pg_wal_replay_pause()", [Replay.Running], new()
            {
                Description = "The replica goes on receiving, but shows nothing new: reads from it become stale.",
                IconName = "Pause",
                IsHighlighted = true,
            })
            .WithCall("resume-replay", "Resume replay", "pg_wal_replay_resume()", [Replay.Paused], new()
            {
                Description = "The replica catches up with what it has received.",
                IconName = "Play",
                IsHighlighted = true,
            })
            .WithCall("promote", "Promote", "pg_promote()", [Replay.Running, Replay.Paused], new()
            {
                Description = "Makes a primary of the replica.",
                ConfirmationMessage = "The replica will take writes of its own and follow the primary no more, and the primary " +
                    "does not stop. To go back, restart the replica, which copies the primary again, and then whoever wrote to it.",
                IconName = "ArrowUp",
            });
    }

    private static IResourceBuilder<PostgresReplicaResource> WithCall(
        this IResourceBuilder<PostgresReplicaResource> replica,
        string name, string displayName, string function, Replay[] enabledWhen, CommandOptions options)
    {
        options.UpdateState = context =>
            ReplicaReporter.ReplayIn(context.ResourceSnapshot) is { } replay && enabledWhen.Contains(replay)
                ? ResourceCommandState.Enabled
                : ResourceCommandState.Disabled;
        return replica.WithCommand(name, displayName, async context =>
            await ReplicaStatus.CallAsync(replica.Resource, function, context.CancellationToken)
                ? CommandResults.Success()
                : CommandResults.Failure($"{function} did not succeed."), options);
    }
}
