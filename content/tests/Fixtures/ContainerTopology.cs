using System.Security.Cryptography;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Containers;

namespace Fixtures;

/// <summary>Servers in containers. The image of Redis is <c>COLONNADE_REDIS_IMAGE</c> if that is set.</summary>
internal sealed class ContainerTopology : IServers
{
    private const int RedisPort = 6379;

    private readonly PostgresContainers _postgres;
    private readonly IContainer _redis;
    private readonly string _redisPassword;

    private ContainerTopology(PostgresContainers postgres, IContainer redis, string redisPassword) =>
        (_postgres, _redis, _redisPassword) = (postgres, redis, redisPassword);

    public string Redis => $"localhost:{_redis.GetMappedPublicPort(RedisPort)},password={_redisPassword}";

    private static string RedisImage => Environment.GetEnvironmentVariable("COLONNADE_REDIS_IMAGE") is { Length: > 0 } image
        ? image
        : "docker.io/library/redis:8.6";

    /// <summary>Starts all three and returns once the replica streams from the primary.</summary>
    public static async Task<ContainerTopology> StartAsync(CancellationToken cancellationToken)
    {
        var postgres = await PostgresContainers.StartAsync(cancellationToken);
        var password = RandomNumberGenerator.GetHexString(32);
        var redis = postgres.Publish(
            new ContainerBuilder(RedisImage).WithCommand("redis-server", "--requirepass", password, "--save", ""), RedisPort)
            .WithWaitStrategy(Wait.ForUnixContainer().UntilMessageIsLogged("Ready to accept connections"))
            .Build();
        var servers = new ContainerTopology(postgres, redis, password);
        try
        {
            await redis.StartAsync(cancellationToken);
            return servers;
        }
        catch
        {
            await servers.DisposeAsync();
            throw;
        }
    }

    public string ConnectionString(string database, string role, bool replica) =>
        _postgres.ConnectionString(database, role, replica);

    public string PrimaryConnectionString(string database, string role) => _postgres.PrimaryConnectionString(database, role);

    public async ValueTask DisposeAsync()
    {
        await _redis.DisposeAsync();
        await _postgres.DisposeAsync();
    }
}
