using System.Diagnostics;
using Application.Platform;
using Infrastructure.Persistence;
using Microsoft.Extensions.Options;

namespace Infrastructure.ReadReplicas;

/// <summary>
/// Sends each read of one request to a server that has what the request must see: a replica, or the primary, or none. It
/// chooses by what the probe knows; the server that answers has the last word, by <see cref="ReadGuard"/>, and when it refuses
/// or takes too long the read goes on to the next one.
/// </summary>
internal sealed class ReadRouting(
    AnswerTrail trail,
    SyncTokens tokens,
    Replicas replicas,
    PrimaryReads primaryReads,
    PrimaryTimelines timelines,
    PrimarySources sources,
    ReadReplicaTelemetry telemetry,
    IOptions<ReadReplicaOptions> options)
{
    private readonly TimeSpan _maxLag = TimeSpan.FromSeconds(options.Value.MaxLagSeconds);

    /// <param name="database">The database.</param>
    /// <param name="read">
    /// Sends the guard with each of its statements. Runs once more for each server that does not answer, and may still run then.
    /// </param>
    /// <param name="onPrimary">
    /// Why only the primary will do, within its budget; null when a replica does as well; empty for a command, which is not counted.
    /// </param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="ReadRefusedException">No server can answer now.</exception>
    public async Task<T> ReadAsync<T>(
        string database, Func<ReadRoute, Task<T>> read, string? onPrimary, CancellationToken cancellationToken)
    {
        for (var tried = 0UL; ;)
        {
            using var route = onPrimary is null
                ? await RouteAsync(database, tried, cancellationToken)
                : onPrimary.Length > 0 ? Fallback(database, onPrimary) : ReadRoute.ToPrimary(database, KnownOf(database), reason: null);
            try
            {
                var result = await (route.Replica is null ? read(route) : WithinAsync(read(route), cancellationToken));
                if (route.Reason is { Length: > 0 } reason)
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

                tried |= route.Replica.Bit;
            }
            catch (Exception exception) when (route.Replica is not null && DatabaseExceptionHandler.IsTransient(exception)
                && exception is not ReadRefusedException)
            {
                route.Replica.Server.Doubt();
                tried |= route.Replica.Bit;
            }
        }
    }

    /// <summary>Where a read goes, as far as is known. To be disposed when the read has ended.</summary>
    /// <param name="database">The database.</param>
    /// <param name="tried">Replicas that have refused it: a bit for the <see cref="Replica.Index"/> of each.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async ValueTask<ReadRoute> RouteAsync(string database, ulong tried, CancellationToken cancellationToken)
    {
        if (tokens.HasCommittedTo(database))
        {
            return ReadRoute.ToPrimary(database, KnownOf(database), "wrote");
        }

        switch (tokens.Consistency)
        {
            case Consistency.Strong:
                return ReadRoute.ToPrimary(database, KnownOf(database), "strong");
            case Consistency.Session when tokens.IsUnreadable:
                return Fallback(database, "unreadable token");
            case Consistency.Session when tokens.Needed(database) is { } needed:
                return Replica(database, needed, "caught up", tried)
                    ?? await WaitAsync(database, needed, tried, cancellationToken)
                    ?? Fallback(database, needed);
            default:
                return Replica(database, needed: null, "no token", tried) ?? Fallback(database, "replica behind");
        }
    }

    private ReadRoute? Replica(string database, WalPosition? needed, string reason, ulong tried)
    {
        if (replicas.Choose(database, needed, _maxLag, tried) is not { } replica)
        {
            return null;
        }

        var known = KnownOf(database);
        var position = needed is { } token
            ? token with
            {
                Timeline = Math.Max(known.Timeline, token.Timeline),
                Cluster = known.Cluster == 0 ? token.Cluster : known.Cluster,
            }
            : known with { Lsn = replica.Server.Floor };
        return AskingPosition(ReadRoute.To(replica, position, reason));
    }

    /// <summary>Until a replica has passed the position. Null when none does in time, or none is worth to wait for.</summary>
    private async ValueTask<ReadRoute?> WaitAsync(string database, WalPosition needed, ulong tried, CancellationToken cancellationToken)
    {
        var servers = replicas.Of(database).Where(replica => !replica.IsIn(tried) && replica.Server.IsWorthWaiting(needed))
            .Select(replica => replica.Server).ToArray();
        if (servers.Length == 0)
        {
            return null;
        }

        Array.ForEach(servers, server => server.BeginWait());
        var (began, limit) = (Stopwatch.GetTimestamp(), TimeSpan.FromMilliseconds(options.Value.WaitMilliseconds));
        try
        {
            while (true)
            {
                var news = replicas.News;
                var left = limit - Stopwatch.GetElapsedTime(began);
                if (Replica(database, needed, "waited", tried) is { } route)
                {
                    return route;
                }

                if (left <= TimeSpan.Zero)
                {
                    Array.ForEach(servers, server => server.Missed(needed));
                    return null;
                }

                await Task.WhenAny(news, Task.Delay(left, cancellationToken));
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            Array.ForEach(servers, server => server.EndWait());
            telemetry.Waited(database, Stopwatch.GetElapsedTime(began));
        }
    }

    private ReadRoute Fallback(string database, WalPosition needed)
    {
        var primary = timelines.Of(database);
        var isKnown = needed.IsOfCluster(primary.Known.Cluster) && needed.Timeline <= primary.Known.Timeline;
        if (!isKnown && !primary.IsLost(needed.Cluster, needed.Timeline))
        {
            // The primary that is known here may be the old one.
            throw Refused(database, "newer timeline", "A promotion was seen elsewhere, and is not known here yet.");
        }

        return Fallback(database, isKnown ? "replica behind" : "lost timeline");
    }

    private ReadRoute Fallback(string database, string reason) =>
        primaryReads.TryRoute(database, KnownOf(database), reason) is { } route
            ? AskingPosition(route)
            : throw Refused(database, reason, "No replica can answer, and the primary has as many reads as it may have.");

    private ReadRoute AskingPosition(ReadRoute route)
    {
        route.AsksPosition = tokens.Consistency == Consistency.Session && route.Reason is { Length: > 0 };
        return route;
    }

    private WalPosition KnownOf(string database)
    {
        var known = timelines.Of(database).Known;
        return new(known.Timeline, 0) { Cluster = known.Cluster };
    }

    /// <summary>
    /// A server that hangs keeps its connection open and says nothing. What it was asked goes on without anybody who waits, and
    /// gives its connection back when the server goes on or is gone.
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
                static ended => ended.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            throw;
        }
    }

    private ReadRefusedException Refused(string database, string reason, string message)
    {
        telemetry.Routed(database, "refused", reason);
        return new(ReadVerdict.NoServer, message);
    }
}
