using System.Diagnostics;
using Infrastructure.Persistence;
using Infrastructure.Sharding;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Infrastructure.Sagas;

/// <summary>
/// This instance's part in the work: takes runs that it started itself and runs that any shard says are due. When the
/// service stops it takes no more, ends the steps under way, and gives back what it has not begun.
/// </summary>
internal sealed partial class SagaRunner(
    DatabaseNames names,
    SagaQueue queue,
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

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        queue.Open();
        var workers = Enumerable.Range(0, options.Value.Workers).Select(_ => WorkAsync(stoppingToken)).ToArray();
        await Task.WhenAll(names.Shards.Select(shard => ClaimAsync(shard, stoppingToken)));
        queue.Close();
        await Task.WhenAll(workers);
    }

    private async Task WorkAsync(CancellationToken stopping)
    {
        await foreach (var lease in queue.ReadAllAsync())
        {
            await engine.RunAsync(lease, stopping, _aborting.Token);
        }
    }

    private async Task ClaimAsync(string shard, CancellationToken stopping)
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
                    telemetry.SetBacklog(shard, await claims.BacklogAsync(shard, _aborting.Token));
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

    [LoggerMessage(LogLevel.Warning, "'{Shard}' cannot be asked for work; it is asked again until it answers.")]
    private partial void LogAway(Exception exception, string shard);
}
