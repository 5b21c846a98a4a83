using System.Diagnostics;
using Application.Platform;
using Infrastructure.Persistence;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Infrastructure.ReadReplicas;

/// <summary>
/// Decides which server each read of one request goes to: a replica that has what the request must see, or the primary, or
/// none. Never one that is known to lack it.
/// </summary>
internal sealed class ReadRouting(
    AnswerTrail trail,
    SyncTokens tokens,
    Replicas replicas,
    PrimaryReads primaryReads,
    PrimaryTimelines timelines,
    ReadReplicaTelemetry telemetry,
    IOptions<ReadReplicaOptions> options)
{
    private readonly TimeSpan _maxLag = TimeSpan.FromSeconds(options.Value.MaxLagSeconds);

    /// <summary>To be disposed when the read has ended.</summary>
    /// <exception cref="NpgsqlException">No server can answer now; it is transient.</exception>
    public async ValueTask<ReadRoute> RouteAsync(string database, CancellationToken cancellationToken)
    {
        if (tokens.HasCommittedTo(database))
        {
            return PrimaryOf(database, "wrote");
        }

        switch (tokens.Consistency)
        {
            case Consistency.Strong:
                return PrimaryOf(database, "strong");
            case Consistency.Session when tokens.IsUnreadable:
                return Fallback(database, "unreadable token");
            case Consistency.Session when tokens.Needed(database) is { } needed:
                return Replica(database, needed, "caught up")
                    ?? await WaitAsync(database, needed, cancellationToken)
                    ?? (needed.Timeline > timelines.Highest(database)
                        // The primary that is known here may be the old one.
                        ? throw Refused(database, "newer timeline", "A promotion was seen elsewhere, and is not known here yet.")
                        : Fallback(database, "replica behind"));
            default:
                return Replica(database, needed: null, "no token") ?? Fallback(database, "replica behind");
        }
    }

    /// <summary>The primary, for a read that no replica can answer.</summary>
    public ReadRoute PrimaryOf(string database, string reason)
    {
        Tell(database, "primary", reason);
        return ReadRoute.ToPrimary(database);
    }

    private ReadRoute? Replica(string database, WalPosition? needed, string reason)
    {
        if (replicas.Choose(database, needed, _maxLag) is not { } replica)
        {
            return null;
        }

        Tell(database, "replica", reason);
        return ReadRoute.To(replica);
    }

    /// <summary>Until a replica has passed the position. Null when none does in time, or none is there to wait for.</summary>
    private async ValueTask<ReadRoute?> WaitAsync(string database, WalPosition needed, CancellationToken cancellationToken)
    {
        var servers = replicas.Of(database).Select(replica => replica.Server).Where(server => server.IsUsable).ToArray();
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
                if (Replica(database, needed, "waited") is { } route)
                {
                    return route;
                }

                if (left <= TimeSpan.Zero)
                {
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

    private ReadRoute Fallback(string database, string reason)
    {
        if (primaryReads.TryRoute(database) is { } route)
        {
            Tell(database, "primary", reason);
            return route;
        }

        throw Refused(database, reason, "No replica can answer, and the primary has as many reads as it may have.");
    }

    private void Tell(string database, string server, string reason)
    {
        trail.Add("db", server);
        telemetry.Routed(database, server, reason);
    }

    /// <summary>To everybody else it looks like a server that is away, which is answered with 503 and Retry-After.</summary>
    private NpgsqlException Refused(string database, string reason, string message)
    {
        telemetry.Routed(database, "refused", reason);
        return new NpgsqlException(message, new IOException(message));
    }
}
