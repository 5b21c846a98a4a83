using System.Diagnostics;

namespace Platform.Sharding;

/// <summary>What a shard may have for those who wait. The names in small letters are the channels.</summary>
internal enum ShardSignal
{
    /// <summary>Runs that are due.</summary>
    Sagas,

    /// <summary>Events for clients that are connected.</summary>
    Events,
}

/// <summary>
/// Tells instances that a shard has something for them. A notification only makes it quick: an instance that misses one
/// finds out by polling. It is sent outside the transaction, in which it would make all commits queue up. One connection
/// for each shard listens, and is watched.
/// </summary>
internal sealed partial class ShardSignals(
    DataSources primaries, PrimaryTimelines timelines, DatabaseNames names, ILogger<ShardSignals> logger)
    : PollingWorker<ShardSignals.Listener>(names.Shards.Select(shard => new Listener(shard)), logger)
{
    [Sql]
    private const string AliveSql = "SELECT 1";

    /// <summary>Notifications of one kind and shard within this time are sent as one.</summary>
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(5);

    /// <summary>The same for those that come again and again, since each one makes every instance ask the shard.</summary>
    private static readonly TimeSpan Burst = TimeSpan.FromMilliseconds(25);

    /// <summary>A connection that has brought nothing for this long must answer.</summary>
    private static readonly TimeSpan Watch = TimeSpan.FromSeconds(10);

    private const int WatchTimeoutSeconds = 2;

    private static readonly string Listen = string.Join(
        "; ", Enum.GetValues<ShardSignal>().Select(signal => $"LISTEN {ChannelOf(signal)}"));

    private readonly ConcurrentDictionary<(ShardSignal Signal, string Shard), Waiting> _waiting = new();

    private readonly ConcurrentDictionary<string, bool> _listening = new();

    public static string ChannelOf(ShardSignal signal) => signal.ToString().ToLowerInvariant();

    /// <summary>Wakes the waiting worker of this process.</summary>
    public void Wake(ShardSignal signal, string shard) => Of(signal, shard).Changed.Wake();

    /// <summary>False while notifications of the shard are known not to be heard, so that it must be polled.</summary>
    public bool IsListening(string shard) => _listening.GetValueOrDefault(shard);

    /// <summary>Returns when the shard may have something, or after the timeout. One waits at a time.</summary>
    public Task WaitAsync(ShardSignal signal, string shard, TimeSpan timeout, CancellationToken cancellationToken) =>
        Of(signal, shard).Changed.WaitAsync(timeout, cancellationToken);

    /// <summary>Wakes every instance, soon. Returns at once.</summary>
    public void Notify(ShardSignal signal, string shard)
    {
        var waiting = Of(signal, shard);
        if (Interlocked.Exchange(ref waiting.IsGathering, true))
        {
            return;
        }

        var isBurst = signal == ShardSignal.Events && Stopwatch.GetElapsedTime(waiting.SentAt) < Burst;
        _ = Task.Run(async () =>
        {
            await Task.Delay(isBurst ? Burst : Gathering);
            waiting.SentAt = Stopwatch.GetTimestamp();
            Volatile.Write(ref waiting.IsGathering, false);
            await SendAsync(signal, shard);
        });
    }

    protected override async Task<TimeSpan> PollAsync(Listener listener, CancellationToken stopping)
    {
        var source = SourceOf(listener.Shard);
        if (source != listener.Source)
        {
            // The first, or one that was lost, or another server is the primary.
            Change(listener.Shard, isListening: false);
            await listener.DisposeAsync();
            listener.Connection = await source.OpenConnectionAsync(stopping);
            listener.Connection.Notification += (_, notification) =>
            {
                if (Enum.TryParse<ShardSignal>(notification.Channel, ignoreCase: true, out var signal))
                {
                    Wake(signal, listener.Shard);
                }
            };
            await ExecuteAsync(listener.Connection, Listen, stopping);
            listener.Source = source;
            Change(listener.Shard, isListening: true); // Wakes for what was sent before, too.
        }

        if (!await listener.Connection!.WaitAsync(Watch, stopping))
        {
            await ExecuteAsync(listener.Connection, AliveSql, stopping);
        }

        return TimeSpan.Zero;
    }

    protected override void Failed(Listener listener)
    {
        listener.Source = null;
        Change(listener.Shard, isListening: false);
        // The server may have been the primary, and another one may be now.
        _ = timelines.UsedAsync(DatabaseNames.WorkerOf(listener.Shard));
    }

    protected override async Task RunAsync(Listener subject, CancellationToken stopping)
    {
        await base.RunAsync(subject, stopping);
        Change(subject.Shard, isListening: false);
    }

    private void Change(string shard, bool isListening)
    {
        var hasChanged = IsListening(shard) != isListening;
        _listening[shard] = isListening;
        foreach (var signal in hasChanged ? Enum.GetValues<ShardSignal>() : [])
        {
            Wake(signal, shard);
        }
    }

    private async Task SendAsync(ShardSignal signal, string shard)
    {
        try
        {
            await using var notify = SourceOf(shard).CreateCommand($"NOTIFY {ChannelOf(signal)}");
            await notify.ExecuteNonQueryAsync();
        }
        catch (Exception exception) when (exception is NpgsqlException or ObjectDisposedException)
        {
            LogNotSent(Logger, exception, shard);
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = WatchTimeoutSeconds };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private NpgsqlDataSource SourceOf(string shard) =>
        primaries.For(DatabaseNames.WorkerOf(shard));

    private Waiting Of(ShardSignal signal, string shard) => _waiting.GetOrAdd((signal, shard), _ => new Waiting());

    [LoggerMessage(LogLevel.Debug, "Instances were not told of what '{Shard}' has; they will see it when they poll.")]
    private static partial void LogNotSent(ILogger logger, Exception exception, string shard);

    private sealed class Waiting
    {
        public bool IsGathering;
        public long SentAt;

        public Wakeup Changed { get; } = new();
    }

    internal sealed record Listener(string Shard) : IAsyncDisposable
    {
        /// <summary>Where notifications are heard; null when they are not.</summary>
        public NpgsqlDataSource? Source { get; set; }

        public NpgsqlConnection? Connection { get; set; }

        public override string ToString() => Shard;

        public ValueTask DisposeAsync() => Connection?.DisposeAsync() ?? default;
    }
}
