using Aspire.Hosting.Pipelines;
using Microsoft.Extensions.Logging;

namespace AppHost;

/// <summary>What is deployed: two processes. The servers are the platform's, given as connection strings.</summary>
internal static class Publishing
{
    /// <summary>Milliseconds that a process waits, at its end, for a collector that does not answer.</summary>
    private const string TelemetryTimeout = "1000";

    public static void Configure(IDistributedApplicationBuilder builder)
    {
        var migrator = builder.AddMigrator().WithEnvironment("OTEL_EXPORTER_OTLP_TIMEOUT", TelemetryTimeout);
        foreach (var connection in Connections.OfMigrator)
        {
            migrator.WithReference(builder.AddConnectionString(Servers.ResourceOf(connection)), connection.Name);
        }

        var api = builder.AddApi()
            .WithEnvironment("OTEL_EXPORTER_OTLP_TIMEOUT", TelemetryTimeout)
            .WithEnvironment("SyncTokens__Key", builder.AddParameter("sync-tokens-key", secret: true))
            .WithReference(builder.AddConnectionString(ResourceNames.Redis))
            .WaitForCompletion(migrator);
        foreach (var connection in Connections.OfApi)
        {
            api.WithReference(builder.AddConnectionString(Servers.ResourceOf(connection)), connection.Name);
        }

        SayWhatIsMissing(builder);
    }

    /// <summary>Without a compute environment, Aspire makes nothing and calls that a success.</summary>
    private static void SayWhatIsMissing(IDistributedApplicationBuilder builder)
    {
#pragma warning disable ASPIREPIPELINES001 // Pipelines are in preview.
        builder.Pipeline.AddStep(
            "check-compute-environment",
            context =>
            {
                if (!context.Model.Resources.OfType<IComputeEnvironmentResource>().Any())
                {
                    context.Logger.LogWarning(
                        "Nothing is made, since no compute environment says for what. Add Aspire.Hosting.Docker and "
                        + "builder.AddDockerComposeEnvironment(\"compose\"), or Aspire.Hosting.Kubernetes and "
                        + "builder.AddKubernetesEnvironment(\"k8s\"), to Publishing.cs.");
                }

                return Task.CompletedTask;
            },
            requiredBy: WellKnownPipelineSteps.Publish);
#pragma warning restore ASPIREPIPELINES001
    }
}
