using System.Diagnostics;
using AppHost.PostgresReplica;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AppHost;

/// <summary>The servers from the PostgreSQL and Redis programs of this machine, on LocalHost's data.</summary>
internal sealed class ProgramServers(
    IDistributedApplicationBuilder builder, LocalDirectory directory, HostOptions options, ServerPrograms programs)
    : Servers(builder, directory, options)
{
    private Postmaster Primary => new(Directory.DataOf(ResourceNames.Primary));

    private PostgresScripts<object> Scripts => new(text => text, Password);

    public override IResourceBuilder<IResourceWithEndpoints> AddPrimary()
    {
        var primary = AddPostgres(ResourceNames.Primary, "primary.sh", LocalPorts.Primary, () => Scripts.Primary(
            Directory.DataOf(ResourceNames.Primary), Certificates.Location, IsReplicaSynchronous));
        var superuser = Superuser(primary.GetEndpoint(EndpointName));
        return primary.WithIconName("DatabaseMultiple").WithKill(KillAsync).WithPolledHealthCheck(async cancellationToken =>
        {
            // It would log an error for a client that comes too early.
            if (!Primary.IsReady)
            {
                return HealthCheckResult.Unhealthy("Starts.");
            }

            await using var connection = await ReplicaServer.OpenAsync(superuser, cancellationToken);
            return HealthCheckResult.Healthy($"PostgreSQL {connection.PostgreSqlVersion} answers.");
        });
    }

    public override IResourceBuilder<IResourceWithConnectionString> AddRedis()
    {
        var password = AddPassword(ResourceNames.Redis);
        var redis = Builder.AddResource(new RedisProgram(ResourceNames.Redis, Directory.Root, password.Resource))
            .WithArgs([.. programs.SupervisedRedis(Directory.PidFile(ResourceNames.Redis), pipe: false).Skip(1)])
            .WithEnvironment("REDIS_DIRECTORY", Directory.Redis)
            .WithEnvironment("REDIS_PASSWORD", password);
        return WithPort(redis, LocalPorts.Redis)
            .WithIconName("DatabaseLightning")
            .WithPolledHealthCheck(async cancellationToken =>
                await RedisServer.AnswersAsync(
                    AddressOf(redis.Resource), Directory.Secret(ResourceNames.Redis), cancellationToken)
                    ? HealthCheckResult.Healthy("Answers.")
                    : HealthCheckResult.Unhealthy("Refuses the password."));
    }

    protected override IResourceBuilder<IResourceWithEndpoints> AddReplica(IResourceBuilder<IResourceWithEndpoints> primary)
    {
        var server = primary.GetEndpoint(EndpointName);
        var replica = AddPostgres(ResourceNames.Replica, "replica.sh", LocalPorts.Replica, () => Scripts.Replica(
            Directory.DataOf(ResourceNames.Replica), Certificates.Location,
            server.Property(EndpointProperty.Host), server.Property(EndpointProperty.Port)));
        return replica.WithReplicaOf(primary, Superuser(replica.GetEndpoint(EndpointName)), Superuser(server));
    }

    private IResourceBuilder<ExecutableResource> AddPostgres(
        string name, string script, int port, Func<IEnumerable<KeyValuePair<string, object>>> environment)
    {
        string[] command = [.. ServerPrograms.SupervisedPostgres(script, Directory.PidFile(name), pipe: false)];
        var server = Builder.AddExecutable(name, command[0], Directory.Root, command[1..]).WithEnvironment(context =>
        {
            foreach (var (variable, value) in programs.PostgresEnvironment)
            {
                context.EnvironmentVariables[variable] = value;
            }

            foreach (var (variable, value) in environment())
            {
                context.EnvironmentVariables[variable] = value;
            }
        });
        return WithPort(server, port);
    }

    /// <summary>Without a proxy, since a client asks a server for its address.</summary>
    private IResourceBuilder<T> WithPort<T>(IResourceBuilder<T> server, int usual)
        where T : IResourceWithEndpoints
    {
        int? port = Options.EphemeralPorts ? FreePort.Take(0, server.Resource.Name) : usual;
        return server.WithEndpoint(port: port, targetPort: port, name: EndpointName, env: "PORT", isProxied: false);
    }

    private async Task KillAsync(CustomResourceSnapshot _, CancellationToken cancellationToken)
    {
        using var kill = Process.Start("kill", ["-KILL", $"{Primary.ProcessId}"]);
        await kill.WaitForExitAsync(cancellationToken);
    }
}
