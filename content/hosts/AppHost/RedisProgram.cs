namespace AppHost;

/// <summary>Redis as a program of this machine.</summary>
internal sealed class RedisProgram(string name, string directory, ParameterResource password)
    : ExecutableResource(name, "bash", directory), IResourceWithConnectionString
{
    public ReferenceExpression ConnectionStringExpression
    {
        get
        {
            var server = new EndpointReference(this, "tcp");
            return ReferenceExpression.Create(
                $"{server.Property(EndpointProperty.Host)}:{server.Property(EndpointProperty.Port)},password={password}");
        }
    }
}
