using Microsoft.Extensions.Diagnostics.HealthChecks;
using StackExchange.Redis;

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

internal sealed class RedisHealthCheck(IResourceWithConnectionString redis) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        HealthPoll.RunAsync(
            async () =>
            {
                var settings = ConfigurationOptions.Parse((await redis.GetConnectionStringAsync(cancellationToken))!);
                settings.ConnectTimeout = 1000;
                settings.ConnectRetry = 0;
                await using var connection = await ConnectionMultiplexer.ConnectAsync(settings);
                await connection.GetDatabase().PingAsync();
                return HealthCheckResult.Healthy("Answers.");
            },
            cancellationToken);
}
