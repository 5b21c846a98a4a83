using System.Diagnostics;

namespace AppHost;

/// <summary>
/// Primary, replica and Redis, in containers or as programs. The scripts of Topology decide everything about them, and the
/// secrets are those that LocalHost uses as well.
/// </summary>
internal abstract class Servers(IDistributedApplicationBuilder builder, LocalDirectory directory, HostOptions options)
{
    protected const string EndpointName = "tcp";

    private readonly Dictionary<string, IResourceBuilder<ParameterResource>> _secrets = [];

    protected IDistributedApplicationBuilder Builder => builder;

    protected LocalDirectory Directory => directory;

    protected HostOptions Options => options;

    protected DevCertificates Certificates { get; } = DevCertificates.Ensure(directory.Certificates);

    /// <summary>Whether the primary acknowledges a commit only when the replica has it.</summary>
    protected bool IsReplicaSynchronous { get; private set; }

    public abstract IResourceBuilder<IResourceWithEndpoints> AddPrimary();

    public abstract IResourceBuilder<IResourceWithConnectionString> AddRedis();

    /// <param name="synchronous">A commit is acknowledged only when the replica has it. While it is away, writes wait.</param>
    public IResourceBuilder<IResourceWithEndpoints> AddReplica(
        IResourceBuilder<IResourceWithEndpoints> primary, bool synchronous = false)
    {
        IsReplicaSynchronous = synchronous;
        return AddReplica(primary);
    }

    /// <summary>The name of the resource that holds a connection string.</summary>
    public static string ResourceOf(Connection connection) =>
        connection.Role == DatabaseRoles.Owner ? $"{connection.Database}-{DatabaseRoles.Owner}" : connection.Name;

    /// <summary>
    /// Connection strings, which the dashboard shows below their server: those of the API to its primary as the databases,
    /// the others only when hidden resources are shown.
    /// </summary>
    public IReadOnlyList<(string Name, IResourceBuilder<ConnectionStringResource> Text)> AddConnections(
        IEnumerable<Connection> connections,
        IResourceBuilder<IResourceWithEndpoints> primary,
        IResourceBuilder<IResourceWithEndpoints> replica) =>
        [.. connections.Select(connection => (connection.Name, AddConnection(connection, primary, replica)))];

    /// <summary>A secret that is made once and kept beside the data.</summary>
    /// <param name="name">Name of the parameter.</param>
    /// <param name="file">Name of the file.</param>
    public IResourceBuilder<ParameterResource> AddSecret(string name, string file)
    {
        if (!_secrets.TryGetValue(name, out var secret))
        {
            secret = builder.AddParameter(name, () => directory.Secret(file), secret: true);
            _secrets.Add(name, secret);
        }

        return secret;
    }

    /// <summary>Writes the API's settings where an API that is started elsewhere reads them, once the servers answer.</summary>
    public void WriteApiSettings(
        IResourceBuilder<IResourceWithEndpoints> replica,
        IEnumerable<(string Name, IResourceBuilder<ConnectionStringResource> Text)> connections,
        IResourceBuilder<IResourceWithConnectionString> redis,
        IResourceBuilder<ParameterResource> syncTokens) =>
        replica.OnResourceReady(async (_, _, cancellationToken) =>
        {
            var settings = new Dictionary<string, string>();
            foreach (var (name, text) in connections.Select(c => (c.Name, (IResourceWithConnectionString)c.Text.Resource))
                .Append((ResourceNames.Redis, redis.Resource)))
            {
                settings[$"ConnectionStrings__{name}"] = (await text.GetConnectionStringAsync(cancellationToken))!;
            }

            settings["SyncTokens__Key"] = (await syncTokens.Resource.GetValueAsync(cancellationToken))!;
            directory.WriteApiSettings(settings);
        });

    /// <summary>Writes where everything listens, each time that the API is ready.</summary>
    public void WriteState(
        IResourceBuilder<ProjectResource> api,
        IResourceBuilder<IResourceWithEndpoints> primary,
        IResourceBuilder<IResourceWithEndpoints> replica,
        IResourceBuilder<IResourceWithConnectionString> redis) =>
        api.OnResourceReady((_, _, _) =>
        {
            var elapsed = DateTime.Now - Process.GetCurrentProcess().StartTime;
            new HostState(
                api.GetEndpoint("http").Url, AddressOf(primary.Resource), AddressOf(replica.Resource),
                AddressOf((IResourceWithEndpoints)redis.Resource), Math.Round(elapsed.TotalSeconds, 1)).Write(directory.Root);
            return Task.CompletedTask;
        });

    protected static ServerAddress AddressOf(IResourceWithEndpoints server)
    {
        var endpoint = new EndpointReference(server, EndpointName);
        return new(endpoint.Host, endpoint.Port);
    }

    protected abstract IResourceBuilder<IResourceWithEndpoints> AddReplica(IResourceBuilder<IResourceWithEndpoints> primary);

    /// <summary>The superuser's connection, for the dashboard: other roles see little of the replication's state.</summary>
    protected ReferenceExpression Superuser(EndpointReference server) =>
        VerifiedConnection([server], "postgres", DatabaseRoles.Superuser);

    /// <summary>Password of a role or of Redis.</summary>
    protected IResourceBuilder<ParameterResource> AddPassword(string name) =>
        AddSecret($"{name.Replace('_', '-')}-password", name);

    protected object Password(string role) => AddPassword(role).Resource;

    private IResourceBuilder<ConnectionStringResource> AddConnection(
        Connection connection, IResourceBuilder<IResourceWithEndpoints> primary, IResourceBuilder<IResourceWithEndpoints> replica)
    {
        IResourceBuilder<IResourceWithEndpoints>[] servers = connection.Target switch
        {
            ConnectionTarget.Primary => [primary],
            ConnectionTarget.Replica => [replica],
            _ => [primary, replica],
        };
        var text = builder.AddConnectionString(
            ResourceOf(connection),
            VerifiedConnection(
                [.. servers.Select(server => server.GetEndpoint(EndpointName))], connection.Database, connection.Role));

        // What it is made of, each password among it, would make a tangle of the dashboard's graph.
        foreach (var relationship in text.Resource.Annotations.OfType<ResourceRelationshipAnnotation>().ToArray())
        {
            text.Resource.Annotations.Remove(relationship);
        }

        text.WithParentRelationship(servers[0].Resource);
        return connection.Role == DatabaseRoles.ReadWrite ? text.WithIconName("Database") : text.WithHidden();
    }

    /// <summary>What <see cref="PostgresConnectionString"/> gives, of parts that are known only once the servers run.</summary>
    private ReferenceExpression VerifiedConnection(EndpointReference[] servers, string database, string role)
    {
        var text = new ReferenceExpressionBuilder();
        text.AppendLiteral("Host=");
        foreach (var server in servers)
        {
            text.AppendLiteral(server == servers[0] ? "" : ",");
            text.Append($"{server.Property(EndpointProperty.Host)}:{server.Property(EndpointProperty.Port)}");
        }

        text.Append(
            $";Database={database};Username={role};Password={AddPassword(role).Resource}");
        text.Append($";{PostgresConnectionString.Verified(Certificates.AuthorityFile)}");
        return text.Build();
    }
}
