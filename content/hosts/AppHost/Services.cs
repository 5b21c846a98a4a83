using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AppHost;

/// <summary>The solution's own processes, the same on this machine and published.</summary>
internal static class Services
{
    public static IResourceBuilder<ProjectResource> AddMigrator(this IDistributedApplicationBuilder builder) =>
        builder.AddProject<Projects.Migrator>(Topology.ResourceNames.Migrator);

    public static IResourceBuilder<ProjectResource> AddApi(this IDistributedApplicationBuilder builder) =>
#pragma warning disable ASPIREPROBES001 // Probes are in preview.
        builder.AddProject<Projects.Api>(Topology.ResourceNames.Api, launchProfileName: "http")
            .WithExternalHttpEndpoints()
            .WithHttpProbe(ProbeType.Liveness, "/health/live", endpointName: "http")
            .WithHttpProbe(ProbeType.Readiness, "/health/ready", endpointName: "http")
            .WithUrlForEndpoint("http", _ => new() { Url = "/scalar", DisplayText = "API reference" });
#pragma warning restore ASPIREPROBES001

    /// <summary>Gives a process its connection strings, each under the name by which the process reads it.</summary>
    public static IResourceBuilder<ProjectResource> WithReferences(
        this IResourceBuilder<ProjectResource> process,
        IEnumerable<(string Name, IResourceBuilder<ConnectionStringResource> Text)> connections)
    {
        foreach (var (name, text) in connections)
        {
            process.WithReference(text, name);
        }

        return process;
    }

    /// <summary>Waits only for its first start: a service must start while a server that it uses is away.</summary>
    public static IResourceBuilder<ProjectResource> StartsAloneOnceReady(this IResourceBuilder<ProjectResource> process) =>
        process.OnResourceReady((resource, _, _) =>
        {
            foreach (var wait in resource.Annotations.OfType<WaitAnnotation>().ToArray())
            {
                resource.Annotations.Remove(wait);
            }

            return Task.CompletedTask;
        });

    /// <summary>
    /// Stops one group after the other before Aspire stops everything at once: it kills what has not ended in a few seconds. A
    /// process that sends telemetry to a dashboard that is gone is slow, and so is a server on a busy disk.
    /// </summary>
    public static void StopInOrder(this IDistributedApplicationBuilder builder, params IResource[][] groups) =>
        builder.Services.AddSingleton<IHostedService>(services =>
            new OrderlyStop(groups, services.GetRequiredService<ResourceCommandService>()));

    private sealed class OrderlyStop(IResource[][] groups, ResourceCommandService commands) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        /// <summary>The command fails for what does not run, which is as good.</summary>
        public async Task StopAsync(CancellationToken cancellationToken)
        {
            foreach (var group in groups)
            {
                await Task.WhenAll(group.Select(resource =>
                    commands.ExecuteCommandAsync(resource, KnownResourceCommands.StopCommand, cancellationToken)));
            }
        }
    }
}
