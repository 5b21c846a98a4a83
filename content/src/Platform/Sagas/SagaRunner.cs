using System.Diagnostics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Platform.Common;
using Platform.Sharding;

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
    ILogger<SagaRunner> logger) : BackgroundService
{
    private static readonly TimeSpan BacklogInterval = TimeSpan.FromSeconds(10);

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

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(names.Shards.Select(shard => ServeAsync(shard, queues.Of(shard), stoppingToken)));

    private async Task ServeAsync(string shard, SagaQueue queue, CancellationToken stopping)
    {
        queue.Open();
        var working = WorkAsync(queue, stopping);
        await ClaimAsync(shard, queue, stopping);
        queue.Close();
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

    private async Task ClaimAsync(string shard, SagaQueue queue, CancellationToken stopping)
    {
        var (isAway, measured) = (false, default(long?));
        while (!stopping.IsCancellationRequested)
        {
            var (places, claimed) = (0, 0);
            try
            {
                places = await queue.ReserveAsync(options.Value.Workers * 2, stopping);
                var since = Stopwatch.GetTimestamp();
                // Not cut off by the stop: runs that nobody was told of would be leased in vain.
                foreach (var run in await claims.ClaimAsync(shard, places, _aborting.Token))
                {
                    SagaPoints.Reached(SagaPoint.Claimed, run.Name, definitions.StepOf(run));
                    queue.Enqueue(new SagaLease(run, since));
                    claimed++;
                }

                if (measured is null || Stopwatch.GetElapsedTime(measured.Value) > BacklogInterval)
                {
                    var backlog = await claims.BacklogAsync(shard, _aborting.Token);
                    telemetry.SetBacklog(shard, backlog);
                    if (backlog.OldestSeconds > options.Value.AlertSeconds)
                    {
                        LogOld(shard, backlog.OldestSeconds);
                    }

                    measured = Stopwatch.GetTimestamp();
                }

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

            queue.GiveBack(places - claimed);
            if (claimed < places || places == 0)
            {
                var poll = TimeSpan.FromMilliseconds(options.Value.PollMilliseconds * (0.5 + Random.Shared.NextDouble()));
                await signals.WaitAsync(ShardSignal.Sagas, shard, poll, stopping).ContinueWith(_ => { }, TaskScheduler.Default);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "A saga of '{Shard}' that has not ended began {Seconds:0} s ago.")]
    private partial void LogOld(string shard, double seconds);

    [LoggerMessage(LogLevel.Warning, "'{Shard}' cannot be asked for work; it is asked again until it answers.")]
    private partial void LogAway(Exception exception, string shard);
}
