using System.Diagnostics;
using AppHost.PostgresReplica;

namespace AppHost;

/// <summary>The servers in containers: image, mounts, environment and script as PostgresContainer says.</summary>
/// <param name="engine">Name of the engine's program, docker or podman.</param>
internal sealed class ContainerServers(
    IDistributedApplicationBuilder builder, LocalDirectory directory, HostOptions options, string engine)
    : Servers(builder, directory, options)
{
    public override IResourceBuilder<IResourceWithEndpoints> AddPrimary()
    {
        var primary = Builder.AddPostgres(
                ResourceNames.Primary, password: AddPassword(DatabaseRoles.Superuser), port: Port(LocalPorts.Primary))
            .WithImage(PostgresContainer.Image, PostgresContainer.Tag)
            .WithImageRegistry(PostgresContainer.Registry);
        // The name begins with the solution's; an engine takes none that begins with what is not a letter or a digit.
        primary.WithDataVolume(VolumeNameGenerator.Generate(primary, "data").TrimStart('_', '-', '.'));
        // The scripts' environment is made when a server starts, and a parameter has to be in the model before.
        foreach (var role in DatabaseRoles.All)
        {
            AddPassword(role);
        }

        return WithScript(primary, PostgresContainer.PrimaryArguments, () => PostgresContainer.PrimaryEnvironment<object>(
                PostgresContainer.MajorVersion, text => text, Password, IsReplicaSynchronous))
            .WithKill(KillAsync);
    }

    public override IResourceBuilder<IResourceWithConnectionString> AddRedis() =>
        Builder.AddRedis(ResourceNames.Redis, Port(LocalPorts.Redis), AddPassword(ResourceNames.Redis));

    /// <summary>Without a volume: each start copies the primary anew.</summary>
    protected override IResourceBuilder<IResourceWithEndpoints> AddReplica(IResourceBuilder<IResourceWithEndpoints> primary)
    {
        var server = primary.GetEndpoint(EndpointName);
        var replica = Builder.AddContainer(ResourceNames.Replica, PostgresContainer.Image, PostgresContainer.Tag)
            .WithImageRegistry(PostgresContainer.Registry)
            .WithEndpoint(port: Port(LocalPorts.Replica), targetPort: PostgresContainer.Port, name: EndpointName);
        return WithScript(replica, PostgresContainer.ReplicaArguments, () => PostgresContainer.ReplicaEnvironment<object>(
                PostgresContainer.MajorVersion, server.Property(EndpointProperty.Host), server.Property(EndpointProperty.Port),
                text => text, Password))
            .WithReplicaOf(primary, Superuser(replica.GetEndpoint(EndpointName)), Superuser(server));
    }

    private int? Port(int usual) => Options.EphemeralPorts ? null : usual;

    private IResourceBuilder<TServer> WithScript<TServer>(
        IResourceBuilder<TServer> server,
        IReadOnlyList<string> arguments,
        Func<IEnumerable<KeyValuePair<string, object>>> environment)
        where TServer : ContainerResource
    {
        foreach (var mount in PostgresContainer.Mounts(Path.Combine(AppContext.BaseDirectory, "postgres"), Certificates.Location))
        {
            server.WithBindMount(mount.Source, mount.Target, isReadOnly: true);
        }

        return server.WithEntrypoint(PostgresContainer.Entrypoint).WithArgs([.. arguments]).WithEnvironment(context =>
        {
            // What AddPostgres sets is meant for the image's own entrypoint, which does not run.
            context.EnvironmentVariables.Clear();
            foreach (var (name, value) in environment())
            {
                context.EnvironmentVariables[name] = value;
            }
        });
    }

    private async Task KillAsync(CustomResourceSnapshot primary, CancellationToken cancellationToken)
    {
        var container = primary.Properties.First(property => property.Name == "container.id").Value as string;
        using var kill = Process.Start(engine, ["kill", container!]);
        await kill.WaitForExitAsync(cancellationToken);
    }
}
