using Topology;

namespace AppHost;

/// <summary>What runs, and who waits for whom.</summary>
public static class Program
{
    public static void Main(string[] args)
    {
        var builder = DistributedApplication.CreateBuilder(args);
        Configure(builder);
        builder.Build().Run();
    }

    /// <summary>The whole model; the tests build it too.</summary>
    public static void Configure(IDistributedApplicationBuilder builder)
    {
        var migrator = builder.AddProject<Projects.Migrator>(ResourceNames.Migrator);

#pragma warning disable ASPIREPROBES001 // Probes, in preview, are the dashboard's health checks and, published, those of Kubernetes.
        var api = builder.AddProject<Projects.Api>(ResourceNames.Api)
            .WithExternalHttpEndpoints()
            .WithHttpProbe(ProbeType.Liveness, "/health/live", endpointName: "http")
            .WithHttpProbe(ProbeType.Readiness, "/health/ready", endpointName: "http")
            .WithUrlForEndpoint("http", _ => new() { Url = "/scalar", DisplayText = "API reference" })
            .WaitForCompletion(migrator);
#pragma warning restore ASPIREPROBES001

        if (builder.ExecutionContext.IsPublishMode)
        {
            AddDeployedServers(builder, migrator, api);
        }
        else
        {
            AddContainers(builder, migrator, api);
        }
    }

    private static void AddContainers(
        IDistributedApplicationBuilder builder,
        IResourceBuilder<ProjectResource> migrator,
        IResourceBuilder<ProjectResource> api)
    {
        var postgres = new PostgresTopology(builder);
        var primary = postgres.AddPrimary();
        var replica = postgres.AddReplica(primary);
        var redis = builder.AddRedis(ResourceNames.Redis);

        foreach (var database in ResourceNames.Databases)
        {
            migrator.WithReference(
                postgres.AddPrimaryConnection(OwnerOf(database), primary, replica, database, DatabaseRoles.Owner), database);
            api.WithReference(postgres.AddPrimaryConnection(database, primary, replica, database, DatabaseRoles.ReadWrite));
            api.WithReference(postgres.AddConnection(ResourceNames.ReplicaOf(database), replica, database, DatabaseRoles.ReadOnly));
            api.WithReference(
                postgres.AddPrimaryConnection(ResourceNames.WorkerOf(database), primary, replica, database, DatabaseRoles.Worker));
        }

        migrator.WaitFor(primary);
        api.WithReference(redis).WaitFor(redis).WaitFor(replica);
    }

    /// <summary>Deployed, servers are the platform's: the processes get one connection string per database and role.</summary>
    private static void AddDeployedServers(
        IDistributedApplicationBuilder builder,
        IResourceBuilder<ProjectResource> migrator,
        IResourceBuilder<ProjectResource> api)
    {
        foreach (var database in ResourceNames.Databases)
        {
            migrator.WithReference(builder.AddConnectionString(OwnerOf(database)), database);
            api.WithReference(builder.AddConnectionString(database));
            api.WithReference(builder.AddConnectionString(ResourceNames.ReplicaOf(database)));
            api.WithReference(builder.AddConnectionString(ResourceNames.WorkerOf(database)));
        }

        api.WithReference(builder.AddConnectionString(ResourceNames.Redis));
    }

    /// <summary>The Migrator's connection string has the database's name too, so its resource needs another.</summary>
    private static string OwnerOf(string database) => $"{database}-{DatabaseRoles.Owner}";
}
