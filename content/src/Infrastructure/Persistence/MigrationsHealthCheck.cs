using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Acme.Service.Infrastructure.Persistence;

/// <summary>
/// Not ready while a database lacks a migration that this build knows. Once all are there it stays ready: a primary
/// that is down must not take away the instances that can still read.
/// </summary>
internal sealed class MigrationsHealthCheck(
    ContextPool<DirectoryContext> directory, ContextPool<ShardContext> shards, DatabaseNames names) : IHealthCheck
{
    private volatile bool _complete;

    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (!_complete)
        {
            if (await PendingAsync(directory.Rent(DatabaseNames.Directory), cancellationToken) is { } inDirectory)
            {
                return Unhealthy(DatabaseNames.Directory, inDirectory);
            }

            foreach (var shard in names.Shards)
            {
                if (await PendingAsync(shards.Rent(shard), cancellationToken) is { } inShard)
                {
                    return Unhealthy(shard, inShard);
                }
            }

            _complete = true;
        }

        return HealthCheckResult.Healthy();
    }

    private static HealthCheckResult Unhealthy(string database, string migration) =>
        HealthCheckResult.Unhealthy($"Database '{database}' lacks migration '{migration}'. Run the Migrator.");

    private static async Task<string?> PendingAsync(DbContext context, CancellationToken cancellationToken)
    {
        await using (context)
        {
            return (await context.Database.GetPendingMigrationsAsync(cancellationToken)).FirstOrDefault();
        }
    }
}
