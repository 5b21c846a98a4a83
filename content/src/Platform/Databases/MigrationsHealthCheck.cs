using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Platform.Databases;

/// <summary>
/// Not ready while a database is known to lack a migration that this build needs, or when no database answers. A database
/// that is away, on the primary and on its replicas, takes no instance from the users of the others. Once a database has all
/// migrations it is not asked again.
/// </summary>
internal sealed class MigrationsHealthCheck(DataSources sources, DatabaseNames names) : IHealthCheck
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, bool> _complete = new();

    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var pending = await Task.WhenAll(names.Primaries.Select(database => PendingAsync(database, cancellationToken)));
        if (Array.Find(pending, answer => answer.Migration is not null) is { Migration: not null } lacking)
        {
            return HealthCheckResult.Unhealthy(
                $"Database '{lacking.Database}' lacks migration '{lacking.Migration}'. Run the Migrator.");
        }

        var away = names.Primaries.Where(database => !_complete.ContainsKey(database)).ToArray();
        return away.Length == 0 ? HealthCheckResult.Healthy()
            : away.Length == pending.Length ? HealthCheckResult.Unhealthy("No database answers.")
            : HealthCheckResult.Degraded($"Databases that do not answer: {string.Join(", ", away)}.");
    }

    /// <summary>Its first pending migration; null when there is none, or when it does not answer.</summary>
    private async Task<(string Database, string? Migration)> PendingAsync(string database, CancellationToken cancellationToken)
    {
        foreach (var server in _complete.ContainsKey(database) ? [] : names.ReplicasOf(database).Prepend(database))
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            timeout.CancelAfter(Timeout);
            try
            {
                await using var connection = await sources.For(server).OpenConnectionAsync(timeout.Token);
                var applied = await MigrationHistory.AppliedAsync(connection, timeout.Token);
                var files = MigrationFile.All.Where(file => file.IsFor(database));
                if (files.FirstOrDefault(file => !applied.ContainsKey(file.Number)) is { } pending)
                {
                    return (database, pending.Name);
                }

                _complete.TryAdd(database, true);
                break;
            }
            catch (Exception exception) when (DatabaseErrors.IsNoAnswer(exception)
                || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                // The next server may answer, or the next time.
            }
        }

        return (database, null);
    }
}
