using System.Diagnostics;

namespace Platform.Sagas;

/// <summary>
/// This instance's part in the work: takes runs that it started itself and runs that any shard says are due. When the
/// service stops it takes no more, ends the steps under way, and gives back what it has not begun.
/// </summary>
internal sealed partial class SagaRunner(
    DatabaseNames names,
    SagaQueues queues,
    SagaClaims claims,
    SagaDefinitions definitions,
    SagaEngine engine,
    ShardSignals signals,
    SagaTelemetry telemetry,
    IOptions<SagaOptions> options,
    ILogger<SagaRunner> logger)
    : PollingWorker<SagaRunner.Shard>(names.Shards.Select(name => new Shard(name, queues.Of(name))), logger)
{
    /// <summary>Pause between polls while notifications are not heard, and the shortest one otherwise.</summary>
    private static readonly TimeSpan QuickPoll = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan BacklogInterval = TimeSpan.FromSeconds(1);

    private readonly TimeSpan _poll = TimeSpan.FromMilliseconds(options.Value.PollMilliseconds);
    private readonly CancellationTokenSource _aborting = new();

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await using var _ = cancellationToken.Register(_aborting.Cancel);
        await base.StopAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _aborting.Dispose();
        base.Dispose();
    }

    protected override async Task RunAsync(Shard shard, CancellationToken stopping)
    {
        shard.Queue.Open();
        var working = WorkAsync(shard.Queue, stopping);
        await base.RunAsync(shard, stopping);
        shard.Queue.Close();
        await working;
    }

    /// <summary>Each run that has a place is worked on at once; its steps take turns on their shards.</summary>
    private Task WorkAsync(SagaQueue queue, CancellationToken stopping) => Parallel.ForEachAsync(
        queue.ReadAllAsync(),
        new ParallelOptions { MaxDegreeOfParallelism = options.Value.QueueLength },
        async (lease, _) =>
        {
            try
            {
                await engine.RunAsync(lease, stopping, _aborting.Token);
            }
            finally
            {
                queue.GiveBack(1);
            }
        });

    protected override async Task<TimeSpan> PollAsync(Shard shard, CancellationToken stopping)
    {
        var (places, claimed) = (await shard.Queue.ReserveAsync(options.Value.Workers * 2, stopping), 0);
        try
        {
            var since = Stopwatch.GetTimestamp();
            // The stop does not cancel it: runs whose answer is lost would stay leased.
            foreach (var run in await claims.ClaimAsync(shard.Name, places, _aborting.Token))
            {
                SagaPoints.Reached(SagaPoint.Claimed, run.Name, definitions.StepOf(run));
                shard.Queue.Enqueue(new SagaLease(run, since));
                claimed++;
            }

            var next = await NextAsync(shard);
            return claimed == places ? TimeSpan.Zero : Backoff.Jittered(next < _poll ? next : _poll);
        }
        finally
        {
            shard.Queue.GiveBack(places - claimed);
        }
    }

    protected override Task PauseAsync(Shard shard, TimeSpan pause, CancellationToken stopping) =>
        signals.WaitAsync(ShardSignal.Sagas, shard.Name, pause, stopping);

    /// <returns>Until a run may be due of which no signal tells.</returns>
    private async Task<TimeSpan> NextAsync(Shard shard)
    {
        if (shard.Measured is { } measured && Stopwatch.GetElapsedTime(measured) < BacklogInterval)
        {
            return BacklogInterval;
        }

        var backlog = await claims.BacklogAsync(shard.Name, _aborting.Token);
        telemetry.SetBacklog(shard.Name, backlog);
        if (backlog.OldestSeconds > options.Value.AlertSeconds)
        {
            LogOld(Logger, shard.Name, backlog.OldestSeconds);
        }

        shard.Measured = Stopwatch.GetTimestamp();
        return TimeSpan.FromSeconds(signals.IsListening(shard.Name)
            ? Math.Clamp(backlog.NextSeconds, QuickPoll.TotalSeconds, TimeSpan.FromHours(1).TotalSeconds)
            : QuickPoll.TotalSeconds);
    }

    [LoggerMessage(LogLevel.Warning, "A saga of '{Shard}' that has not ended began {Seconds:0} s ago.")]
    private static partial void LogOld(ILogger logger, string shard, double seconds);

    internal sealed record Shard(string Name, SagaQueue Queue)
    {
        /// <summary>When its backlog was last asked for (<see cref="Stopwatch"/> ticks).</summary>
        public long? Measured { get; set; }

        public override string ToString() => Name;
    }
}
