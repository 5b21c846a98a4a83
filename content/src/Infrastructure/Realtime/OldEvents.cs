using Acme.Service.Infrastructure.Persistence;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Acme.Service.Infrastructure.Realtime;

/// <summary>
/// Drops events that nobody can ask for any more, a few at a time. Any number of instances may do it at once. A position
/// is refused for its age an hour before, so no event that comes after a good one is missing.
/// </summary>
internal sealed partial class OldEvents(
    PrimarySources primaries, DatabaseNames names, IOptions<RealtimeOptions> options, TimeProvider clock, ILogger<OldEvents> logger)
    : BackgroundService
{
    [Sql(typeof(TimeSpan), typeof(int), Columns = [typeof(long)])]
    private const string Drop = "SELECT drop_old_events($1, $2)";

    private const int AtOnce = 1_000;

    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Longer = TimeSpan.FromHours(1);

    /// <summary>Returns how many were dropped.</summary>
    internal async Task<long> DropAsync(string shard, CancellationToken cancellationToken)
    {
        await using var command = primaries.For(DatabaseNames.WorkerOf(shard)).CreateCommand(Drop);
        command.Parameters.Add(new() { Value = options.Value.Lifetime + Longer });
        command.Parameters.Add(new() { Value = AtOnce });
        long dropped, total = 0;
        do
        {
            dropped = (long)(await command.ExecuteScalarAsync(cancellationToken))!;
            total += dropped;
        }
        while (dropped == AtOnce);

        return total;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var shard in names.Shards)
            {
                try
                {
                    await DropAsync(shard, stoppingToken);
                }
                catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
                {
                    // Whatever it is, it must not end the service, which is what an exception from here would do.
                    LogFailed(exception, shard);
                }
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Old events of '{Shard}' were not dropped; the next run will.")]
    private partial void LogFailed(Exception exception, string shard);
}
