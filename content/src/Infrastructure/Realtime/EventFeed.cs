using System.Runtime.CompilerServices;
using Application.Realtime;
using Domain.Common;
using Npgsql;

namespace Infrastructure.Realtime;

/// <summary>
/// The stream of one client: first what its shard has since its position, then what the reader gives. The client is known
/// to the hub before the shard is asked, so nothing falls between; what comes both ways is told by its position.
/// </summary>
internal sealed class EventFeed(EventHub hub, EventHistory history, RealtimeTelemetry telemetry) : IEventFeed
{
    /// <summary>Clients of an instance that ask their shard at once: when all do, after a failover, requests must not wait for them.</summary>
    private static readonly SemaphoreSlim Asking = new(8);

    public async IAsyncEnumerable<EventMessage> ReadAsync(
        UserId owner, string? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var subscription = hub.Add(owner);
        yield return StoredEvent.Heartbeat;
        var position = after is null ? null : EventPosition.Parse(after);
        while (await subscription.WaitAsync(cancellationToken))
        {
            for (var gap = subscription.TakeGap(); gap != EventGap.None;)
            {
                if (await TryAskAsync(owner, gap == EventGap.TooSlow ? null : position, cancellationToken) is not { } page)
                {
                    if (cancellationToken.IsCancellationRequested || subscription.IsCompleted)
                    {
                        yield break;
                    }

                    yield return StoredEvent.Heartbeat;
                    continue;
                }

                if (page.Start is { } start)
                {
                    if (position is null)
                    {
                        yield return StoredEvent.Ready(start, page.SyncToken);
                    }
                    else
                    {
                        var reason = gap == EventGap.TooSlow ? "too slow" : "unknown position";
                        telemetry.Reset(reason);
                        yield return StoredEvent.Reset(start, page.SyncToken, reason);
                    }

                    position = start;
                }

                foreach (var missed in page.Events)
                {
                    position = missed.Position;
                    yield return missed.Message;
                }

                gap = page.HasMore ? gap : EventGap.None;
            }

            while (!subscription.HasGap && subscription.TryRead(out var next))
            {
                if (next is null)
                {
                    yield return StoredEvent.Heartbeat;
                }
                else if (next.Position.CompareTo(position) > 0)
                {
                    if (next.Position.Epoch != position!.Epoch)
                    {
                        // The bucket has moved. What came before on the other shard is on this one, and comes first.
                        subscription.FallBehind();
                        break;
                    }

                    position = next.Position;
                    yield return next.Message;
                }
            }
        }
    }

    /// <summary>Null when the shard does not answer, after a while.</summary>
    private async Task<EventPage?> TryAskAsync(UserId owner, EventPosition? position, CancellationToken cancellationToken)
    {
        try
        {
            await Asking.WaitAsync(cancellationToken);
            try
            {
                return await history.ReadAsync(owner, position, cancellationToken);
            }
            finally
            {
                Asking.Release();
            }
        }
        catch (Exception exception) when (IsAway(exception) || cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(Random.Shared.Next(100, 500), cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return null;
        }
    }

    /// <summary>EF Core wraps what comes from the database.</summary>
    private static bool IsAway(Exception? exception) =>
        exception is not null && (exception is NpgsqlException or TimeoutException || IsAway(exception.InnerException));
}
