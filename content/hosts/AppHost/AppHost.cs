namespace AppHost;

/// <summary>What runs, and who waits for whom.</summary>
public static class Program
{
    private const string Usage = $"""
        Starts a PostgreSQL primary, its replica, Redis, the Migrator and the API, with the Aspire dashboard.

        Usage: dotnet run --project hosts/AppHost -- [options]

          --servers <which>  containers, or programs of this machine; by default containers if an engine runs
        {HostOptions.Usage}
        """;

    /// <returns>0 stopped on request, 1 it cannot start, 2 wrong usage.</returns>
    public static async Task<int> Main(string[] args)
    {
        ShellEnvironment.Clean();
        var builder = DistributedApplication.CreateBuilder(args);
        var options = HostOptions.Parse(args, Path.GetFullPath("../..", builder.AppHostDirectory), out var error);
        if (options is not { Help: false })
        {
            await (options is null ? Console.Error : Console.Out).WriteLineAsync(options is null ? $"{error}\n\n{Usage}" : Usage);
            return options is null ? 2 : 0;
        }

        if (builder.ExecutionContext.IsPublishMode)
        {
            Publishing.Configure(builder);
            await builder.Build().RunAsync();
            return 0;
        }

        try
        {
            using var directory = await LocalDirectory.OpenAsync(options.DataDirectory, options.Reset, CancellationToken.None);
            Configure(builder, await ServerChoice.MakeAsync(builder, options, directory), options);
            HostPorts.EnsureFree(builder, options);
            await builder.Build().RunAsync();
            File.Delete(HostState.FileIn(directory.Root));
            return 0;
        }
        catch (LocalHostException exception)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return 1;
        }
    }

    /// <summary>The whole model of what runs on this machine; the tests build it too.</summary>
    internal static void Configure(IDistributedApplicationBuilder builder, Servers servers, HostOptions options)
    {
        var primary = servers.AddPrimary();
        var replica = servers.AddReplica(primary, options.SynchronousReplica);
        var redis = servers.AddRedis();

        var migrator = builder.AddMigrator()
            .WithEnvironment("DOTNET_ENVIRONMENT", builder.Environment.EnvironmentName)
            .WithReferences(servers.AddConnections(Connections.OfMigrator, primary, replica))
            .WaitFor(primary)
            .WithHiddenOnCompletion();

        var connections = servers.AddConnections(Connections.OfApi, primary, replica);
        var syncTokens = servers.AddSecret("sync-tokens-key", "sync-tokens");
        if (options.ServersOnly)
        {
            servers.WriteApiSettings(replica, connections, redis, syncTokens);
            builder.StopInOrder([replica.Resource, primary.Resource, redis.Resource]);
            return;
        }

        var api = builder.AddApi()
            .WithEndpoint("http", endpoint => endpoint.Port = options.EphemeralPorts ? null : LocalPorts.Api)
            .WithEnvironment("SyncTokens__Key", syncTokens)
            .WithReferences(connections)
            .WithReference(redis)
            .WaitForCompletion(migrator)
            .WaitFor(redis)
            .WaitFor(replica)
            .StartsAloneOnceReady();
        builder.StopInOrder([api.Resource], [replica.Resource, primary.Resource, redis.Resource]);
        servers.WriteState(api, primary, replica, redis);
    }
}
