using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Infrastructure.Persistence;

/// <summary>Rows of each shard that nobody needs any more once they have some age.</summary>
/// <param name="What">What they are, for people.</param>
/// <param name="DropSql">Drops some of them; takes their age and how many at most, and gives how many there were.</param>
/// <param name="Interval">How often to look for them.</param>
internal record OldRows(string What, string DropSql, TimeSpan Age, TimeSpan Interval)
{
    /// <summary>Drops some of a shard's.</summary>
    /// <returns>How many; fewer than <paramref name="most"/> when there are no more.</returns>
    public virtual async Task<long> DropAsync(NpgsqlDataSource worker, int most, CancellationToken cancellationToken)
    {
        await using var command = worker.CreateCommand(DropSql);
        command.Parameters.Add(new NpgsqlParameter { Value = Age });
        command.Parameters.Add(new NpgsqlParameter { Value = most });
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}

/// <summary>A feature's old rows. Classes are found by scanning, so they come and go with the feature's folder.</summary>
internal interface IRetention
{
    OldRows Rows { get; }
}

/// <summary>
/// Drops <see cref="OldRows"/>, a few at a time. Any number of instances may do it at once. Whatever goes wrong, the service
/// goes on, and the next time comes.
/// </summary>
internal sealed partial class OldRowsCleaner(
    PrimarySources primaries, DatabaseNames names, IEnumerable<OldRows> kinds, TimeProvider clock, ILogger<OldRowsCleaner> logger)
    : BackgroundService
{
    private const int AtOnce = 1_000;

    /// <summary>Returns how many were dropped.</summary>
    internal async Task<long> DropAsync(OldRows rows, string shard, CancellationToken cancellationToken)
    {
        long dropped, total = 0;
        do
        {
            dropped = await rows.DropAsync(primaries.For(DatabaseNames.WorkerOf(shard)), AtOnce, cancellationToken);
            total += dropped;
        }
        while (dropped == AtOnce);

        return total;
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(kinds.Select(rows => CleanAsync(rows, stoppingToken)));

    private async Task CleanAsync(OldRows rows, CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(rows.Interval, clock);
        while (await timer.WaitForNextTickAsync(stopping))
        {
            foreach (var shard in names.Shards)
            {
                try
                {
                    await DropAsync(rows, shard, stopping);
                }
                catch (Exception exception) when (!stopping.IsCancellationRequested)
                {
                    LogFailed(exception, rows.What, shard);
                }
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "{What} of '{Shard}' were not dropped; the next run will.")]
    private partial void LogFailed(Exception exception, string what, string shard);
}
