namespace Platform.Realtime;

/// <summary>
/// Learns from each shard which users have news, once for this instance, as long as a client is connected, and wakes their
/// streams. News are events below the oldest transaction that is under way: above it, one may still come before another.
/// </summary>
internal sealed partial class EventReader(
    DatabaseNames names,
    DataSources primaries,
    PrimaryTimelines timelines,
    ShardSignals signals,
    EventHub hub,
    RealtimeTelemetry telemetry,
    IOptions<RealtimeOptions> options,
    ILogger<EventReader> logger)
    : PollingWorker<EventReader.Shard>(names.Shards.Select(name => new Shard(name)), logger)
{
    [Sql(
        typeof(ulong),
        Columns = [typeof(ulong), typeof(int), typeof(long), typeof(decimal), typeof(TimeSpan), typeof(Guid[])])]
    private const string ReadSql = "SELECT horizon, timeline, cluster, moves, pending, owners FROM read_event_owners($1)";

    private const int MinPause = 2;
    private const int MaxHeldPause = 512;

    private static readonly TimeSpan LongHeld = TimeSpan.FromSeconds(5);

    private readonly TimeSpan _poll = TimeSpan.FromMilliseconds(options.Value.PollMilliseconds);
    private readonly TimeSpan _quietPoll = TimeSpan.FromSeconds(options.Value.QuietPollSeconds);

    protected override async Task<TimeSpan> PollAsync(Shard shard, CancellationToken stopping)
    {
        shard.Last = hub.IsEmpty ? null : await ReadAsync(shard.Name, shard.Last, stopping);

        // No notification says that the transaction which holds events back has ended: it may have no events.
        var age = shard.Last?.Pending ?? TimeSpan.Zero;
        if (age > LongHeld && !shard.IsHeldLong)
        {
            LogHeld(Logger, shard.Name, (int)age.TotalSeconds);
        }

        shard.IsHeldLong = age > LongHeld;
        shard.Held = age > TimeSpan.Zero ? Math.Min(shard.Held * 2, MaxHeldPause) : MinPause;
        return age > TimeSpan.Zero ? TimeSpan.FromMilliseconds(shard.Held)
            : Backoff.Jittered(signals.IsListening(shard.Name) ? _quietPoll : _poll);
    }

    protected override Task PauseAsync(Shard shard, TimeSpan pause, CancellationToken stopping) =>
        signals.WaitAsync(ShardSignal.Events, shard.Name, pause, stopping);

    /// <summary>The next answer wakes all streams, since events may have been missed.</summary>
    protected override void Failed(Shard subject) => subject.Last = null;

    private async Task<State> ReadAsync(string shard, State? last, CancellationToken cancellationToken)
    {
        var database = DatabaseNames.WorkerOf(shard);
        await timelines.UsedAsync(database);
        await using var command = primaries.For(database).CreateCommand(ReadSql);
        command.Parameters.Add(new() { Value = last?.Horizon ?? ulong.MaxValue, NpgsqlDbType = NpgsqlDbType.Xid8 });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        var now = new State(
            row.GetFieldValue<ulong>(0), row.GetInt32(1), row.GetInt64(2), row.GetDecimal(3), row.GetFieldValue<TimeSpan>(4));
        if (now.Timeline < timelines.Highest(database))
        {
            throw new InvalidOperationException($"The server of '{shard}' is an old primary.");
        }

        telemetry.Pending(shard, now.Pending);
        if ((last?.Timeline, last?.Cluster, last?.Moves) != (now.Timeline, now.Cluster, now.Moves))
        {
            // Another server counts transactions anew, and events of a bucket that came here are from before.
            hub.WakeAll();
            return now;
        }

        foreach (var owner in row.GetFieldValue<Guid[]>(5))
        {
            hub.Wake(new UserId(owner));
        }

        return now;
    }

    [LoggerMessage(LogLevel.Warning, "A transaction holds back the events of '{Shard}': the oldest waits for {Seconds} s.")]
    private static partial void LogHeld(ILogger logger, string shard, int seconds);

    /// <param name="Horizon">News below this transaction are told.</param>
    /// <param name="Moves">Changes when a bucket comes or goes.</param>
    /// <param name="Pending">Age of the oldest event above the horizon; 0 when there is none.</param>
    internal sealed record State(ulong Horizon, int Timeline, long Cluster, decimal Moves, TimeSpan Pending);

    internal sealed record Shard(string Name)
    {
        public State? Last { get; set; }

        /// <summary>The last pause, in milliseconds, while events are held back.</summary>
        public int Held { get; set; } = MinPause;

        public bool IsHeldLong { get; set; }

        public override string ToString() => Name;
    }
}
