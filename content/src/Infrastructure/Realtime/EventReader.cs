using Domain.Common;
using Infrastructure.Persistence;
using Infrastructure.ReadReplicas;
using Infrastructure.Sharding;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace Infrastructure.Realtime;

/// <summary>
/// Reads the events of all users of a shard, once for this instance, as long as a client is connected. Sequence order is
/// not commit order, so it does not ask for what is greater than the last it has seen: it reads what is below the oldest
/// transaction that is under way.
/// </summary>
internal sealed partial class EventReader(
    DatabaseNames names,
    PrimarySources primaries,
    PrimaryTimelines timelines,
    ShardSignals signals,
    EventHub hub,
    RealtimeTelemetry telemetry,
    SyncTokenCodec tokens,
    IOptions<RealtimeOptions> options,
    ILogger<EventReader> logger) : BackgroundService
{
    [Sql(
        typeof(ulong), typeof(long), typeof(int),
        Columns =
        [
            typeof(ulong), typeof(int), typeof(NpgsqlLogSequenceNumber), typeof(decimal), typeof(bool), typeof(Guid), typeof(long),
            typeof(ulong), typeof(long), typeof(string), typeof(string), typeof(DateTimeOffset),
        ])]
    private const string Read = """
        SELECT horizon, timeline, wal, moves, is_pending, owner_id, epoch, xact, seq, type, payload, created_at
        FROM read_events($1, $2, $3)
        """;

    private const int AtOnce = 1_000;

    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(2);

    private readonly TimeSpan _poll = TimeSpan.FromMilliseconds(options.Value.PollMilliseconds);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll([.. names.Shards.Select(shard => FollowAsync(shard, stoppingToken)), BeatAsync(stoppingToken)]);

    private async Task FollowAsync(string shard, CancellationToken stopping)
    {
        Batch? last = null;
        var isAway = false;
        var soon = Soon;
        while (!stopping.IsCancellationRequested)
        {
            var isMore = false;
            try
            {
                // Clients that come while nobody reads ask for what they need themselves, once more when reading begins.
                last = hub.IsEmpty ? null : await ReadAsync(shard, last, stopping);
                isMore = last is { IsFull: true };
                isAway = false;
            }
            catch (Exception exception)
            {
                if (!isAway && !stopping.IsCancellationRequested)
                {
                    LogAway(exception, shard);
                }

                isAway = true;
            }

            // Nobody tells when the transaction ends that holds events back: it may have none of its own.
            var pause = _poll;
            if (last is { IsPending: true })
            {
                soon = pause = soon < _poll ? soon * 2 : _poll;
            }
            else
            {
                soon = Soon;
            }

            if (!isMore)
            {
                await signals.WaitAsync(ShardSignal.Events, shard, pause, stopping)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Gives the hub what came after <paramref name="last"/>.</summary>
    private async Task<Batch> ReadAsync(string shard, Batch? last, CancellationToken cancellationToken)
    {
        var database = DatabaseNames.WorkerOf(shard);
        await using var command = primaries.For(database).CreateCommand(Read);
        command.Parameters.Add(new() { Value = last?.Xact ?? 0, NpgsqlDbType = NpgsqlDbType.Xid8 });
        command.Parameters.Add(new() { Value = last?.Seq ?? 0 });
        command.Parameters.Add(new() { Value = last is null ? 0 : AtOnce });
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        await rows.ReadAsync(cancellationToken);
        var (horizon, timeline, moves, isPending) = (rows.GetFieldValue<ulong>(0), rows.GetInt32(1), rows.GetDecimal(3), rows.GetBoolean(4));
        if (timeline < timelines.Highest(database))
        {
            throw new InvalidOperationException($"The server of '{shard}' is an old primary.");
        }

        if (last is null || last.Timeline != timeline || last.Moves != moves)
        {
            // Another server counts transactions anew, and events of a bucket that came here are not among those that are
            // read. What clients ask for after this is complete below a horizon that is not lower.
            hub.FallBehind();
            return new Batch(horizon, 0, timeline, moves, IsFull: false, isPending);
        }

        // What is seen was flushed before the position was asked for.
        var syncToken = tokens.Write(shard, new WalPosition(timeline, (ulong)rows.GetFieldValue<NpgsqlLogSequenceNumber>(2)));
        var (count, xact, seq) = (0, horizon, 0L);
        while (!await rows.IsDBNullAsync(8, cancellationToken))
        {
            (xact, seq) = (rows.GetFieldValue<ulong>(7), rows.GetInt64(8));
            var position = new EventPosition(rows.GetInt64(6), xact, seq, rows.GetFieldValue<DateTimeOffset>(11), timeline);
            hub.Publish(new UserId(rows.GetGuid(5)), StoredEvent.Of(position, rows.GetString(9), rows.GetString(10), syncToken));
            count++;
            if (!await rows.ReadAsync(cancellationToken))
            {
                break;
            }
        }

        telemetry.Read(shard, count);
        return count == AtOnce
            ? new Batch(xact, seq, timeline, moves, IsFull: true, isPending)
            : new Batch(horizon, 0, timeline, moves, IsFull: false, isPending);
    }

    private async Task BeatAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.Value.HeartbeatSeconds));
        while (await timer.WaitForNextTickAsync(stopping))
        {
            hub.Beat();
        }
    }

    [LoggerMessage(LogLevel.Warning, "'{Shard}' cannot be asked for events; it is asked again until it answers.")]
    private partial void LogAway(Exception exception, string shard);

    /// <param name="Xact">All of the shard below this transaction, and of this one up to <paramref name="Seq"/>, is read.</param>
    /// <param name="Moves">Changes when a bucket comes or goes.</param>
    /// <param name="IsPending">There are events above an older transaction, which is still under way.</param>
    private sealed record Batch(ulong Xact, long Seq, int Timeline, decimal Moves, bool IsFull, bool IsPending);
}
