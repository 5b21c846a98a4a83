using AppHost.PostgresReplica;
using Topology;

namespace AppHost;

/// <summary>PostgreSQL in containers that run the scripts of Topology, which is where everything about them is decided.</summary>
internal sealed class PostgresTopology
{
    private readonly IDistributedApplicationBuilder _builder;
    private readonly DevCertificates _certificates;
    private readonly Dictionary<string, IResourceBuilder<ParameterResource>> _passwords;

    public PostgresTopology(IDistributedApplicationBuilder builder)
    {
        _builder = builder;
        _certificates = DevCertificates.Ensure(Path.GetFullPath("../../.local/certificates", builder.AppHostDirectory));
        _passwords = new[] { DatabaseRoles.Superuser }.Concat(DatabaseRoles.All).ToDictionary(role => role, AddPassword);
    }

    public IResourceBuilder<PostgresServerResource> AddPrimary()
    {
        var primary = _builder.AddPostgres(ResourceNames.Primary, password: _passwords[DatabaseRoles.Superuser])
            .WithImage(PostgresContainer.Image, PostgresContainer.Tag)
            .WithImageRegistry(PostgresContainer.Registry)
            .WithDataVolume();
        return WithScript(primary, PostgresContainer.PrimaryArguments, PostgresContainer.PrimaryEnvironment<object>(
            PostgresContainer.MajorVersion, text => text, Password));
    }

    /// <summary>Without a volume: each start copies the primary anew, so a promoted replica becomes one again by a restart.</summary>
    public IResourceBuilder<PostgresReplicaResource> AddReplica(IResourceBuilder<PostgresServerResource> primary)
    {
        var replica = primary.AddReplica(ResourceNames.Replica, _certificates.AuthorityFile);
        return WithScript(replica, PostgresContainer.ReplicaArguments, PostgresContainer.ReplicaEnvironment<object>(
            PostgresContainer.MajorVersion, primary.Resource.Host, primary.Resource.Port, text => text, Password));
    }

    /// <summary>The connection string called <paramref name="name"/>; the dashboard shows it below its server.</summary>
    public IResourceBuilder<ConnectionStringResource> AddConnection<TServer>(
        string name, IResourceBuilder<TServer> server, string database, string role)
        where TServer : ContainerResource
    {
        var text = VerifiedConnection.Create(
            server.GetEndpoint("tcp"), database, role, _passwords[role].Resource, _certificates.AuthorityFile);
        return _builder.AddConnectionString(name, text).WithParentRelationship(server.Resource);
    }

    /// <summary>
    /// A connection string that names both servers, so that clients find the primary again after a promotion. The dashboard
    /// shows it below the server that is the primary at first.
    /// </summary>
    public IResourceBuilder<ConnectionStringResource> AddPrimaryConnection(
        string name,
        IResourceBuilder<PostgresServerResource> primary,
        IResourceBuilder<PostgresReplicaResource> replica,
        string database,
        string role)
    {
        var text = VerifiedConnection.Create(
            primary.GetEndpoint("tcp"), replica.GetEndpoint("tcp"), database, role, _passwords[role].Resource, _certificates.AuthorityFile);
        return _builder.AddConnectionString(name, text).WithParentRelationship(primary.Resource);
    }

    private IResourceBuilder<TServer> WithScript<TServer>(
        IResourceBuilder<TServer> server, IReadOnlyList<string> arguments, IEnumerable<KeyValuePair<string, object>> environment)
        where TServer : ContainerResource
    {
        var files = Path.Combine(AppContext.BaseDirectory, "postgres");
        foreach (var mount in PostgresContainer.Mounts(files, _certificates.Location))
        {
            server.WithBindMount(mount.Source, mount.Target, isReadOnly: true);
        }

        return server.WithEntrypoint(PostgresContainer.Entrypoint).WithArgs([.. arguments]).WithEnvironment(context =>
        {
            // What AddPostgres sets is meant for the image's own entrypoint, which does not run.
            context.EnvironmentVariables.Clear();
            foreach (var (name, value) in environment)
            {
                context.EnvironmentVariables[name] = value;
            }
        });
    }

    /// <summary>Made once and kept in the user secrets of this project.</summary>
    private IResourceBuilder<ParameterResource> AddPassword(string role) =>
        _builder.AddParameter(
            $"{role.Replace('_', '-')}-password",
            new GenerateParameterDefault { MinLength = 24, Special = false },
            secret: true,
            persist: true);

    private ParameterResource Password(string role) => _passwords[role].Resource;
}
