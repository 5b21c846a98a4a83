using System.Globalization;
using Application.Realtime;

namespace Platform.Realtime;

/// <param name="Position">Where the client is after the messages.</param>
/// <param name="Messages">What comes after its position, in order; ready or reset when nothing of before is told.</param>
/// <param name="HasMore">There is more than was read.</param>
internal sealed record EventPage(EventPosition Position, IReadOnlyList<EventMessage> Messages, bool HasMore);

/// <summary>What one user's shard has for them since a position, in their name and from the primary.</summary>
internal sealed class EventHistory(
    EventHub hub, ShardReader shards, BucketMap buckets, SyncTokenCodec tokens, RealtimeTelemetry telemetry,
    IOptions<RealtimeOptions> options)
{
    private const int PageSize = 200;

    /// <summary>
    /// An event is known as long as it is there, on whichever server: then all that came before it was told, and what was
    /// lost in a failover, or dropped for its age, is noticed. A position without an event is good for its server alone.
    /// Events of earlier epochs are complete; their xact is of the cluster that had the bucket then. A position of the present
    /// epoch and another cluster is from before a restore or an upgrade, and says nothing of this one.
    /// </summary>
    [Sql(
        typeof(Guid), typeof(DateTimeOffset), typeof(TimeSpan), typeof(long), typeof(long), typeof(int), typeof(string),
        typeof(int), typeof(long), Row = typeof(Row))]
    private const string SinceSql = $$"""
        WITH here AS MATERIALIZED (
            SELECT b.epoch, pg_snapshot_xmin(pg_current_snapshot()) AS horizon, current_timeline() AS timeline, clock_timestamp() AS now,
                   pg_current_wal_flush_lsn() AS wal, pg_snapshot_xmax(pg_current_snapshot()) AS ahead,
                   {{ServerSql.Cluster}} AS cluster
            FROM bucket_owner b WHERE b.bucket = bucket_of({0})
        ), known AS MATERIALIZED (
            SELECT {1}::timestamptz > h.now - {2}::interval AND (h.cluster = {8} OR h.epoch > {4}) AND CASE
                       WHEN {3}::bigint = 0 THEN h.epoch = {4} AND h.timeline = {5} AND {6}::text::xid8 <= h.ahead
                       ELSE EXISTS (
                           SELECT FROM events e
                           WHERE e.owner_id = {0} AND e.epoch = {4} AND e.xact = {6}::text::xid8
                             AND e.seq = {3} AND e.created_at = {1})
                   END AS is_known
            FROM here h
        )
        SELECT h.epoch AS here_epoch, h.horizon::text AS horizon, h.timeline, h.now, h.wal::text AS wal,
               h.cluster, k.is_known,
               e.epoch, e.xact::text AS xact, e.seq, e.type, e.payload::text AS payload,
               e.created_at
        FROM here h CROSS JOIN known k LEFT JOIN LATERAL (
            SELECT e.epoch, e.xact, e.seq, e.type, e.payload, e.created_at FROM events e
            WHERE k.is_known AND e.owner_id = {0}
              AND (e.epoch, e.xact, e.seq) > ({4}, {6}::text::xid8, {3})
              AND (e.epoch < h.epoch OR e.xact < h.horizon)
            ORDER BY e.epoch, e.xact, e.seq LIMIT {7}::int
        ) e ON true
        ORDER BY e.epoch, e.xact, e.seq
        """;

    /// <param name="after">Null, or one that is not known: from now on.</param>
    /// <param name="isResuming">The client has come back with its position, so that must not be too old.</param>
    public async Task<EventPage> ReadAsync(
        UserId owner, EventPosition? after, bool isResuming, CancellationToken cancellationToken)
    {
        var shard = (await buckets.RouteOfAsync(owner.Bucket, cancellationToken)).Shard;
        var turns = hub.TurnsOf(shard);
        await turns.WaitAsync(cancellationToken);
        try
        {
            var lifetime = options.Value.Lifetime + (isResuming ? TimeSpan.Zero : EventRetention.Longer);
            return await ReadAsync(owner, after, lifetime, cancellationToken);
        }
        finally
        {
            turns.Release();
        }
    }

    private async Task<EventPage> ReadAsync(
        UserId owner, EventPosition? after, TimeSpan lifetime, CancellationToken cancellationToken)
    {
        var position = after ?? EventPosition.Unknown;
        List<Row> rows;
        Route route;
        do
        {
            route = await buckets.RouteOfAsync(owner.Bucket, cancellationToken);
            rows = await shards.ReadPrimaryAsync(
                owner, context => Rows(context, owner, position, lifetime).ToListAsync(cancellationToken), cancellationToken);
        }
        while (rows[0].HereEpoch != route.Epoch); // The bucket has moved meanwhile, and a position in the log is one shard's.

        var here = rows[0];
        var seen = new WalPosition(here.Timeline, (ulong)NpgsqlLogSequenceNumber.Parse(here.Wal)) { Cluster = here.Cluster };
        // A read with it sees what all of this tells of.
        var syncToken = tokens.Write(route.Shard, seen, buckets.Version);
        if (after is null || !here.IsKnown)
        {
            position = new(here.HereEpoch, Xact(here.Horizon), 0, here.Now, here.Timeline, here.Cluster);
            return new(position, [after is null ? Ready(position, syncToken) : Reset(position, syncToken)], HasMore: false);
        }

        var messages = new List<EventMessage>();
        foreach (var row in rows.Where(row => row.Seq is not null))
        {
            var at = row.CreatedAt!.Value;
            position = new(row.Epoch!.Value, Xact(row.Xact!), row.Seq!.Value, at, here.Timeline, here.Cluster);
            var data = $$"""{"at":"{{at.UtcDateTime:O}}","syncToken":"{{syncToken}}","payload":{{row.Payload}}}""";
            messages.Add(new(row.Type!, $"{position}", data));
        }

        telemetry.Read(route.Shard, messages.Count);
        return new(position, messages, HasMore: messages.Count == PageSize);
    }

    private static EventMessage Ready(EventPosition position, string syncToken) =>
        new(EventMessage.Ready, $"{position}", $$"""{"syncToken":"{{syncToken}}"}""");

    private EventMessage Reset(EventPosition position, string syncToken)
    {
        const string Reason = "unknown position";
        telemetry.Reset(Reason);
        return new(EventMessage.Reset, $"{position}", $$"""{"syncToken":"{{syncToken}}","reason":"{{Reason}}"}""");
    }

    private static IQueryable<Row> Rows(DbContext context, UserId owner, EventPosition after, TimeSpan lifetime) =>
        context.Database.SqlQueryRaw<Row>(
            SinceSql, owner.Value, after.At, lifetime, after.Seq, after.Epoch, after.Timeline, Text(after.Xact), PageSize,
            after.Cluster);

    private static string Text(ulong xact) => xact.ToString(CultureInfo.InvariantCulture);

    private static ulong Xact(string text) => ulong.Parse(text, CultureInfo.InvariantCulture);

    private sealed record Row(
        long HereEpoch, string Horizon, int Timeline, DateTimeOffset Now, string Wal, long Cluster, bool IsKnown,
        long? Epoch, string? Xact, long? Seq, string? Type, string? Payload, DateTimeOffset? CreatedAt);
}
