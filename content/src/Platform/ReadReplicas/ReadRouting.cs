using System.Diagnostics;

namespace Platform.ReadReplicas;

/// <summary>
/// Sends each read of one request to a server that has what the request must see: a replica, or the primary, or none. It
/// chooses by what the probe knows; the server that answers has the last word, by <see cref="ReadGuard"/>, and when it refuses
/// or takes too long the read goes on to the next one.
/// </summary>
internal sealed class ReadRouting(
    AnswerTrail trail, SyncTokens tokens, Replicas replicas, PrimaryTimelines timelines, DataSources sources,
    ReadReplicaTelemetry telemetry, IOptions<ReadReplicaOptions> options)
{
    /// <summary>No server in recovery has passed it, so only a primary answers.</summary>
    private const ulong Beyond = ulong.MaxValue;

    /// <param name="read">
    /// Sends the guard with each of its statements. Runs once more for each server that does not answer, and may still run then.
    /// </param>
    /// <param name="onPrimary">
    /// Why only the primary will do, within its budget; null when a replica does as well; empty for a command, which has none.
    /// </param>
    /// <exception cref="ReadRefusedException">No server can answer now.</exception>
    public async Task<T> ReadAsync<T>(
        string database, Func<ReadRoute, Task<T>> read, string? onPrimary, CancellationToken cancellationToken)
    {
        await timelines.UsedAsync(database);
        if (onPrimary is null)
        {
            await replicas.UsedAsync(database);
        }

        for (var tried = 0; ; tried++)
        {
            using var route = onPrimary is null ? await RouteAsync(database, tried, cancellationToken)
                : onPrimary.Length > 0 ? await FallbackAsync(database, onPrimary, cancellationToken)
                : ToPrimary(database, reason: null);
            try
            {
                var result = await (route.Replica is null ? read(route) : WithinAsync(read(route), cancellationToken));
                if (route.Reason is { } reason)
                {
                    var server = route.Replica is null ? "primary" : "replica";
                    trail.Add("db", server);
                    telemetry.Routed(database, server, reason);
                }

                if (route.End is { } seen)
                {
                    tokens.Saw(database, seen);
                }

                return result;
            }
            catch (ReadRefusedException refused) when (refused.Verdict != ReadVerdict.BucketMoved)
            {
                telemetry.Routed(database, "refused", $"{refused.Verdict}");
                if (refused.Verdict != ReadVerdict.Behind || route.Replica is null)
                {
                    // What the session keeps of its server is old, or the server is not the primary any more.
                    sources.For(route.Source).Clear();
                }

                if (route.Replica is null)
                {
                    throw;
                }

                route.Replica.Server.MarkSuspect();
            }
            catch (Exception exception) when (route.Replica is not null && DatabaseErrors.Of(exception)
                is DatabaseError.Away or DatabaseError.Locked or DatabaseError.TimedOut or DatabaseError.Conflict)
            {
                route.Replica.Server.MarkSuspect();
            }
        }
    }

    /// <summary>Where a read goes, as far as is known.</summary>
    /// <param name="tried">How many replicas have refused it.</param>
    public async ValueTask<ReadRoute> RouteAsync(string database, int tried, CancellationToken cancellationToken)
    {
        var wrote = tokens.HasCommittedTo(database);
        if (wrote || tokens.Consistency == Consistency.Strong)
        {
            return ToPrimary(database, wrote ? "wrote" : "strong");
        }

        if (tokens is { Consistency: Consistency.Session, IsUnreadable: true })
        {
            return await FallbackAsync(database, "unreadable token", cancellationToken);
        }

        var needed = tokens.Needed(database);
        ReadRoute? route = null;
        if (tried < replicas.Of(database).Count)
        {
            route = ToReplica(database, needed, needed is null ? "no token" : "caught up")
                ?? (needed is { } position && tried == 0 ? await WaitAsync(database, position, cancellationToken) : null);
        }

        return route ?? await FallbackAsync(database, WhyNoReplica(database, needed), cancellationToken);
    }

    private ReadRoute? ToReplica(string database, WalPosition? needed, string reason)
    {
        if (replicas.Choose(database, needed) is not { } replica)
        {
            return null;
        }

        var known = KnownOf(database);
        var position = needed is not { } token ? known with { Lsn = replica.Server.Floor } : token with
        {
            Timeline = Math.Max(known.Timeline, token.Timeline),
            Cluster = known.Cluster == 0 ? token.Cluster : known.Cluster,
        };
        return new(replica.Source, position, replica, reason, AsksPosition: tokens.Consistency == Consistency.Session);
    }

    /// <summary>Null when no replica passes the position in time, or none is worth waiting for.</summary>
    private async ValueTask<ReadRoute?> WaitAsync(string database, WalPosition needed, CancellationToken cancellationToken)
    {
        var servers = replicas.Of(database).Select(replica => replica.Server)
            .Where(server => server.IsWorthWaiting(needed)).ToArray();
        if (servers.Length == 0)
        {
            return null;
        }

        var (began, limit) = (Stopwatch.GetTimestamp(), TimeSpan.FromMilliseconds(options.Value.WaitMilliseconds));
        ReadRoute? route = null;
        for (var left = limit; route is null && left > TimeSpan.Zero; left = limit - Stopwatch.GetElapsedTime(began))
        {
            await Task.WhenAny([.. servers.Select(server => server.Pace.RefreshAsync()), Task.Delay(left, cancellationToken)]);
            cancellationToken.ThrowIfCancellationRequested();
            route = ToReplica(database, needed, "waited");
        }

        telemetry.Waited(database, Stopwatch.GetElapsedTime(began));
        if (route is null)
        {
            Array.ForEach(servers, server => server.Missed(needed));
        }

        return route;
    }

    private string WhyNoReplica(string database, WalPosition? position)
    {
        var primary = timelines.Of(database);
        var isKnown = position is not { } needed
            || (needed.IsOfCluster(primary.Known.Cluster) && needed.Timeline <= primary.Known.Timeline);
        return isKnown ? "replica behind"
            : primary.IsLost(position!.Value.Cluster, position.Value.Timeline) ? "lost timeline"
            // The primary that is known here may be the old one.
            : throw Refused(database, "newer timeline", "A promotion was seen elsewhere, and is not known here yet.");
    }

    private async ValueTask<ReadRoute> FallbackAsync(string database, string reason, CancellationToken cancellationToken)
    {
        var room = replicas.RoomOf(database);
        return await room.WaitAsync(options.Value.WaitMilliseconds, cancellationToken)
            ? ToPrimary(database, reason) with
            {
                AsksPosition = tokens.Consistency == Consistency.Session,
                Room = room,
            }
            : throw Refused(database, reason, "No replica can answer, and the primary has as many reads as it may have.");
    }

    private ReadRoute ToPrimary(string database, string? reason) =>
        new(database, KnownOf(database) with { Lsn = Beyond }, Reason: reason);

    private WalPosition KnownOf(string database)
    {
        var known = timelines.Of(database).Known;
        return new(known.Timeline, 0) { Cluster = known.Cluster };
    }

    /// <summary>
    /// A server that hangs keeps its connection open and says nothing. The read goes on without a caller, and gives its
    /// connection back when the server goes on or is gone.
    /// </summary>
    private async Task<T> WithinAsync<T>(Task<T> read, CancellationToken cancellationToken)
    {
        try
        {
            return await read.WaitAsync(TimeSpan.FromMilliseconds(options.Value.TimeoutMilliseconds), cancellationToken);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException && !read.IsCompleted)
        {
            _ = read.ContinueWith(
                static ended => ended.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted,
                TaskScheduler.Default);
            throw;
        }
    }

    private ReadRefusedException Refused(string database, string reason, string message)
    {
        telemetry.Routed(database, "refused", reason);
        return new(ReadVerdict.NoServer, message);
    }
}
