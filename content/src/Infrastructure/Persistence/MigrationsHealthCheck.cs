using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Infrastructure.Persistence;

/// <summary>
/// Not ready while a database lacks a migration that this build knows. Once all are there it stays ready: a primary
/// that is down must not take away the instances that can still read.
/// </summary>
internal sealed class MigrationsHealthCheck(PrimarySources sources, DatabaseNames names) : IHealthCheck
{
    private volatile bool _complete;

    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (!_complete)
        {
            if (await PendingAsync<DirectoryContext>(DatabaseNames.Directory, cancellationToken) is { } inDirectory)
            {
                return Unhealthy(DatabaseNames.Directory, inDirectory);
            }

            foreach (var shard in names.Shards)
            {
                if (await PendingAsync<ShardContext>(shard, cancellationToken) is { } inShard)
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

    private async Task<string?> PendingAsync<TContext>(string database, CancellationToken cancellationToken)
        where TContext : DbContext
    {
        await using var connection = await sources.For(database).OpenConnectionAsync(cancellationToken);
        return await PendingMigrations.OfAsync<TContext>(connection, cancellationToken) is [var first, ..] ? first : null;
    }
}
