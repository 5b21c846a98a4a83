using Infrastructure.Persistence;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Infrastructure.Caching;

/// <summary>
/// Sets the floors of the outbox again, and drops them once Redis has answered: those of an instance that was killed after
/// its commit, those that Redis did not take then, and those that it may have lost since. Any number of instances may do it.
/// </summary>
internal sealed partial class FloorRelay(
    PrimarySources primaries,
    DatabaseNames names,
    RedisEntries entries,
    CacheTelemetry telemetry,
    IOptions<CacheOptions> options,
    ILogger<FloorRelay> logger) : BackgroundService
{
    private const int AtOnce = 500;

    /// <summary>The rows are gone when the transaction commits, which it does when Redis has them.</summary>
    [Sql(typeof(TimeSpan), typeof(int), Columns = [typeof(string), typeof(long)], InDirectory = true)]
    private const string TakeSql = """
        DELETE FROM cache_floors USING (
            SELECT id FROM cache_floors
            WHERE created_at < clock_timestamp() - $1::interval
            ORDER BY id LIMIT $2::int
            FOR UPDATE SKIP LOCKED
        ) AS due
        WHERE cache_floors.id = due.id
        RETURNING key, version
        """;

    /// <summary>Younger rows are left to the instance that wrote them.</summary>
    private static readonly TimeSpan Age = TimeSpan.FromSeconds(1);

    /// <summary>Sets floors until none of them is due.</summary>
    /// <returns>How many; fewer than there are when Redis does not answer.</returns>
    internal async Task<int> RelayAsync(string database, CancellationToken cancellationToken)
    {
        for (var total = 0; ;)
        {
            await using var connection = await primaries.For(DatabaseNames.WorkerOf(database)).OpenConnectionAsync(cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            var floors = await TakeAsync(connection, cancellationToken);
            if (floors.Count == 0 || !await entries.RaiseAsync(floors))
            {
                return total;
            }

            await transaction.CommitAsync(CancellationToken.None);
            telemetry.FloorsSet(floors.Count, "relayed");
            total += floors.Count;
            if (floors.Count < AtOnce)
            {
                return total;
            }
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(names.Primaries.Select(database => RelayAgainAndAgainAsync(database, stoppingToken)));

    private static async Task<List<(string Key, long Version)>> TakeAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var take = new NpgsqlCommand(TakeSql, connection);
        take.Parameters.Add(new() { Value = Age });
        take.Parameters.Add(new() { Value = AtOnce });
        await using var reader = await take.ExecuteReaderAsync(cancellationToken);
        var floors = new List<(string, long)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            floors.Add((reader.GetString(0), reader.GetInt64(1)));
        }

        return floors;
    }

    private async Task RelayAgainAndAgainAsync(string database, CancellationToken stoppingToken)
    {
        var isAway = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RelayAsync(database, stoppingToken);
                isAway = false;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                // What it had taken is back in the outbox.
            }
            catch (Exception exception) when (PrimaryServers.IsNoAnswer(exception))
            {
                if (!isAway)
                {
                    LogAway(exception, database);
                }

                isAway = true;
            }

            // Instances that were started together do not ask together.
            var pause = TimeSpan.FromMilliseconds(options.Value.RelayMilliseconds * (0.5 + Random.Shared.NextDouble()));
            await Task.Delay(pause, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(LogLevel.Warning, "'{Database}' cannot be asked for floors of the cache; it is asked again until it answers.")]
    private partial void LogAway(Exception exception, string database);
}
