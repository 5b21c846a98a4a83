using System.Diagnostics;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace AppHost;

/// <summary>Asks a server that is not healthy several times: Aspire itself comes back only after whole seconds.</summary>
internal sealed class PolledHealthCheck(Func<CancellationToken, Task<HealthCheckResult>> ask) : IHealthCheck
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(100);

    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        for (var started = Stopwatch.StartNew(); ; await Task.Delay(s_interval, cancellationToken))
        {
            var result = await AskAsync(cancellationToken);
            if (result.Status != HealthStatus.Unhealthy || started.Elapsed > s_timeout)
            {
                return result;
            }
        }
    }

    private async Task<HealthCheckResult> AskAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await ask(cancellationToken);
        }
        catch (Exception exception) when (exception is NpgsqlException or SocketException)
        {
            return HealthCheckResult.Unhealthy("Does not answer.", exception);
        }
    }
}

internal static class PolledHealthCheckExtensions
{
    public static IResourceBuilder<T> WithPolledHealthCheck<T>(
        this IResourceBuilder<T> server, Func<CancellationToken, Task<HealthCheckResult>> ask)
        where T : IResource
    {
        var name = $"{server.Resource.Name}_check";
        server.ApplicationBuilder.Services.AddHealthChecks()
            .Add(new HealthCheckRegistration(name, new PolledHealthCheck(ask), null, null));
        return server.WithHealthCheck(name);
    }
}
