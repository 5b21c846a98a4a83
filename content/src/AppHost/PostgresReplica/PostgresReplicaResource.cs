using Topology;

namespace AppHost.PostgresReplica;

/// <summary>
/// A streaming replica of a PostgreSQL server. Its connection string is the superuser's, for the dashboard's own use: a
/// replica has the roles and passwords of its primary, and other roles see little of the replication's state.
/// </summary>
public sealed class PostgresReplicaResource(string name, PostgresServerResource primary, string caFile)
    : ContainerResource(name), IResourceWithConnectionString
{
    internal const string EndpointName = "tcp";

    public PostgresServerResource Primary => primary;

    public ReferenceExpression ConnectionStringExpression => VerifiedConnection.Create(
        new EndpointReference(this, EndpointName), "postgres", DatabaseRoles.Superuser, primary.PasswordParameter, caFile);
}
