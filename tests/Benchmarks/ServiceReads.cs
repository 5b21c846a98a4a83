using Application;
using Application.Wallets;
using Domain.Common;
using Domain.Wallets;
using Platform;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using StackExchange.Redis;

namespace Colonnade.Benchmarks;

/// <summary>The service's own read of a wallet, without HTTP: a scope for each, as for a request.</summary>
internal static class ServiceReads
{
    public static async Task RunAsync(Plan plan)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        Register(builder);
        using var host = builder.Build();
        await host.StartAsync();
        var scopes = host.Services.GetRequiredService<IServiceScopeFactory>();
        await Load.ServeAsync(plan, client =>
        {
            var next = client;
            return Task.FromResult(async () =>
            {
                var target = plan.Targets[next++ % plan.Targets.Count];
                await using var scope = scopes.CreateAsyncScope();
                var wallet = await scope.ServiceProvider.GetRequiredService<IWalletReader>()
                    .FindAsync(new WalletId(target.Id), new UserId(target.Owner), CancellationToken.None);
                return wallet is null ? Result.Failed : Result.Succeeded;
            });
        });
        await host.StopAsync();
    }

    /// <summary>As the API's composition root does, with the pool's settings of its appsettings.json.</summary>
    private static void Register(HostApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton(TimeProvider.System);
        services.AddApplication();
        services.AddPlatform(builder.Configuration, (key, connectionString, configure) => services.AddNpgsqlDataSource(
            connectionString,
            source =>
            {
                configure(source);
                source.ConnectionStringBuilder.MaxPoolSize = 32;
            },
            serviceKey: key));
        services.AddSingleton<IConnectionMultiplexer>(_ => throw new NotSupportedException("Reads of wallets need no Redis."));
        // What reads need runs in the background; sagas, relays and the like do not.
        string[] needed = [".Failover", ".ReadReplicas"];
        foreach (var service in services.Where(service => service.ServiceType == typeof(IHostedService)
            && service.ImplementationType?.Namespace is { } place
            && !needed.Any(end => place.EndsWith(end, StringComparison.Ordinal))).ToArray())
        {
            services.Remove(service);
        }
    }
}
