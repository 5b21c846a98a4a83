using Microsoft.Extensions.Hosting;

namespace Platform.Common;

/// <summary>
/// The base of all background loops: one loop for each subject, which polls and pauses until the service stops. A failure ends
/// no loop: after a <see cref="Backoff"/> it polls again. A poll has no span; work that it finds may have one.
/// </summary>
/// <param name="subjects">What is polled, such as shards. A disposable one is disposed at the end of its loop.</param>
public abstract partial class PollingWorker<T>(IEnumerable<T> subjects, ILogger logger) : BackgroundService
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(4);

    protected ILogger Logger => logger;

    protected sealed override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(subjects.Select(subject => RunAsync(subject, stoppingToken)));

    /// <returns>The pause until the next poll; zero for none.</returns>
    protected abstract Task<TimeSpan> PollAsync(T subject, CancellationToken stopping);

    /// <summary>Overridden by loops that can be woken.</summary>
    protected virtual Task PauseAsync(T subject, TimeSpan pause, CancellationToken stopping) => Task.Delay(pause, stopping);

    protected virtual void Failed(T subject)
    {
    }

    protected virtual async Task RunAsync(T subject, CancellationToken stopping)
    {
        for (var failures = 0; !stopping.IsCancellationRequested;)
        {
            Task pause;
            try
            {
                pause = PauseAsync(subject, await PollAsync(subject, stopping), stopping);
                failures = 0;
            }
            catch (Exception exception)
            {
                if (failures++ == 0 && !stopping.IsCancellationRequested)
                {
                    LogFailed(exception, GetType().Name, subject);
                }

                Failed(subject);
                pause = Task.Delay(Backoff.After(failures, FirstPause, LongestPause), stopping);
            }

            await pause.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await (subject is IAsyncDisposable disposable ? disposable.DisposeAsync() : default);
    }

    [LoggerMessage(LogLevel.Warning, "{Worker} fails for {Subject}; it tries again until it succeeds.")]
    private partial void LogFailed(Exception exception, string worker, T subject);
}
