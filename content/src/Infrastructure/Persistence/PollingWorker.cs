using Microsoft.Extensions.Hosting;

namespace Infrastructure.Persistence;

/// <summary>
/// The base of all background loops: one loop for each subject, which polls, pauses, and polls again until the service stops.
/// A failure never ends a loop: it polls again after a <see cref="Backoff"/>. A poll has no span; work that it finds may have one.
/// </summary>
/// <param name="subjects">What is polled, such as shards or servers. Each is disposed at the end of its loop.</param>
/// <param name="firstPause">Longest pause after one failure.</param>
/// <param name="longestPause">Longest pause after many failures.</param>
internal abstract class PollingWorker<T>(IEnumerable<T> subjects, TimeSpan firstPause, TimeSpan longestPause) : BackgroundService
{
    protected sealed override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(subjects.Select(subject => RunAsync(subject, stoppingToken)));

    /// <returns>The pause until the next poll; zero for none.</returns>
    protected abstract Task<TimeSpan> PollAsync(T subject, CancellationToken stopping);

    /// <param name="subject">The subject.</param>
    /// <param name="exception">Why.</param>
    /// <param name="failures">In a row; 1 for the first.</param>
    protected abstract void Failed(T subject, Exception exception, int failures);

    /// <summary>Overridden by loops that can be woken.</summary>
    protected virtual Task PauseAsync(T subject, TimeSpan pause, CancellationToken stopping) => Task.Delay(pause, stopping);

    protected virtual async Task RunAsync(T subject, CancellationToken stopping)
    {
        for (var failures = 0; !stopping.IsCancellationRequested;)
        {
            Task pause;
            try
            {
                var next = await PollAsync(subject, stopping);
                failures = 0;
                pause = PauseAsync(subject, next, stopping);
            }
            catch (Exception exception)
            {
                if (stopping.IsCancellationRequested)
                {
                    break;
                }

                Failed(subject, exception, ++failures);
                pause = Task.Delay(Backoff.After(failures, firstPause, longestPause), stopping);
            }

            await pause.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await (subject is IAsyncDisposable disposable ? disposable.DisposeAsync() : default);
    }
}
