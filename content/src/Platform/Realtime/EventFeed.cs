using System.Runtime.CompilerServices;
using Application.Realtime;
using Microsoft.Extensions.Hosting;

namespace Platform.Realtime;

/// <summary>
/// The stream of one client: reads its history after its position, then waits to be woken. The client is known to the hub
/// before its first read, so an event is either in the read or wakes it. A slow client holds one page and nothing more.
/// </summary>
internal sealed partial class EventFeed(
    EventHub hub, EventHistory history, IHostApplicationLifetime lifetime, IOptions<RealtimeOptions> options,
    ILogger<EventFeed> logger) : IEventFeed
{
    private static readonly EventMessage Heartbeat = new(EventMessage.Heartbeat, Id: null, "{}");

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(8);

    private readonly TimeSpan _heartbeat = TimeSpan.FromSeconds(options.Value.HeartbeatSeconds);

    public async IAsyncEnumerable<EventMessage> ReadAsync(
        UserId owner, string? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        var news = new Wakeup();
        hub.Add(owner, news);
        try
        {
            yield return Heartbeat;
            var position = after is null ? null : EventPosition.Parse(after);
            for (var isFirst = true; !ending.IsCancellationRequested; isFirst = false)
            {
                var reading = TryReadAsync(owner, position, isFirst, ending.Token);
                while (!await IsDoneAsync(reading))
                {
                    yield return Heartbeat;
                }

                var page = await reading;
                foreach (var message in page?.Messages ?? [])
                {
                    yield return message;
                }

                position = page?.Position ?? position;
                // A shard that did not answer is asked again when its reader has found it, or in some seconds.
                var pause = page is null ? Backoff.After(1, LongestPause, LongestPause) : Timeout.InfiniteTimeSpan;
                var waiting = page is { HasMore: true } ? Task.CompletedTask : news.WaitAsync(pause, ending.Token);
                while (!await IsDoneAsync(waiting))
                {
                    yield return Heartbeat;
                }
            }
        }
        finally
        {
            hub.Remove(owner, news);
        }
    }

    /// <summary>False when it is time for a heartbeat.</summary>
    private async Task<bool> IsDoneAsync(Task task)
    {
        await task.WaitAsync(_heartbeat).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return task.IsCompleted;
    }

    /// <summary>Null when the shard does not answer, or answers with an error.</summary>
    private async Task<EventPage?> TryReadAsync(
        UserId owner, EventPosition? position, bool isFirst, CancellationToken cancellationToken)
    {
        try
        {
            return await history.ReadAsync(owner, position, isFirst, cancellationToken);
        }
        catch (Exception exception)
        {
            if (!cancellationToken.IsCancellationRequested && !DatabaseErrors.IsTransient(exception))
            {
                LogFailed(exception);
            }

            return null;
        }
    }

    [LoggerMessage(LogLevel.Warning, "A client's events cannot be read; its stream tries again in some seconds.")]
    private partial void LogFailed(Exception exception);
}
