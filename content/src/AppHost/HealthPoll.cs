using System.Diagnostics;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using StackExchange.Redis;

namespace AppHost;

/// <summary>Asks a server that is not healthy several times: Aspire itself comes back only after whole seconds.</summary>
internal static class HealthPoll
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(100);

    public static async Task<HealthCheckResult> RunAsync(Func<Task<HealthCheckResult>> ask, CancellationToken cancellationToken)
    {
        for (var started = Stopwatch.StartNew(); ; await Task.Delay(s_interval, cancellationToken))
        {
            var result = await AskAsync(ask);
            if (result.Status != HealthStatus.Unhealthy || started.Elapsed > s_timeout)
            {
                return result;
            }
        }
    }

    private static async Task<HealthCheckResult> AskAsync(Func<Task<HealthCheckResult>> ask)
    {
        try
        {
            return await ask();
        }
        catch (Exception exception) when (exception is NpgsqlException or RedisException)
        {
            return HealthCheckResult.Unhealthy("Does not answer.", exception);
        }
    }
}
