using Topology;

namespace AppHost.PostgresReplica;

internal static class VerifiedConnection
{
    /// <summary>
    /// What <see cref="PostgresConnectionString.Create"/> gives, of parts that are known only once the container runs.
    /// </summary>
    public static ReferenceExpression Create(
        EndpointReference server, string database, string role, ParameterResource password, string caFile)
    {
        var (host, port) = (server.Property(EndpointProperty.Host), server.Property(EndpointProperty.Port));
        return ReferenceExpression.Create(
            $"Host={host};Port={port};Database={database};Username={role};Password={password};SSL Mode=VerifyFull;Root Certificate=\"{caFile}\"");
    }

    /// <summary>The same for whichever of two servers is the primary.</summary>
    public static ReferenceExpression Create(
        EndpointReference first, EndpointReference second, string database, string role, ParameterResource password, string caFile)
    {
        var (host, port) = (first.Property(EndpointProperty.Host), first.Property(EndpointProperty.Port));
        var (otherHost, otherPort) = (second.Property(EndpointProperty.Host), second.Property(EndpointProperty.Port));
        return ReferenceExpression.Create(
            $"Host={host}:{port},{otherHost}:{otherPort};Database={database};Username={role};Password={password};SSL Mode=VerifyFull;Root Certificate=\"{caFile}\"");
    }
}
