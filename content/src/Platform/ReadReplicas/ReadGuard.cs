using System.Data.Common;
using static Platform.RowSecurity.Pipeline;

namespace Platform.ReadReplicas;

/// <summary>
/// The statement that each read begins with, in its own round trip: the server that answers says itself whether it is the one
/// that the read needs. Only then is the user set, so without that row security gives no rows.
/// </summary>
internal sealed class ReadGuard : IReadGuard
{
    /// <summary>
    /// Cluster (0 for any), timeline, position. A server in recovery is a replica, another one must be the primary. A session
    /// keeps what it was asked once: the cluster does not change while its server runs, and a replica's timeline only grows.
    /// </summary>
    private const string VerdictSql = $"""
        WHEN $1::bigint <> 0 AND coalesce(nullif(current_setting('app.cluster', true), ''),
             set_config('app.cluster', {ServerSql.Cluster}::text, false))::bigint <> $1 THEN 1
        WHEN CASE WHEN pg_is_in_recovery() THEN coalesce(nullif(current_setting('app.timeline', true), '')::int, 0) < $2::int
                  AND set_config('app.timeline', (SELECT last_value FROM primary_timeline)::text, false)::int < $2
                  ELSE {ServerSql.Timeline} <> $2 END THEN 2
        WHEN pg_is_in_recovery() AND pg_last_wal_replay_lsn() < $3 THEN 3
        """;

    [Sql(
        typeof(long), typeof(int), typeof(NpgsqlLogSequenceNumber),
        Columns = [typeof(int), typeof(NpgsqlLogSequenceNumber)], InDirectory = true)]
    private const string DirectorySql = $"SELECT CASE {VerdictSql} ELSE 0 END, {ServerSql.Position}";

    [Sql(
        typeof(long), typeof(int), typeof(NpgsqlLogSequenceNumber), typeof(short), typeof(long), typeof(string),
        Columns = [typeof(int), typeof(NpgsqlLogSequenceNumber)])]
    private const string ShardSql = $"""
        SELECT CASE {VerdictSql}
        WHEN epoch <> $5 OR state = 'moved' THEN 4
        WHEN set_config('app.user_id', $6, true) IS NULL THEN 5 ELSE 0 END, {ServerSql.Position}
        FROM bucket_owner WHERE bucket = $4
        """;

    [Sql(Columns = [typeof(NpgsqlLogSequenceNumber)])]
    private const string PositionSql = $"SELECT {ServerSql.Position}";

    private static readonly ConcurrentDictionary<string, string> Positioned = new();

    private readonly ReadRoute _route;
    private readonly UserId? _owner;
    private readonly long _epoch;

    private ReadGuard(ReadRoute route, UserId? owner, long epoch) => (_route, _owner, _epoch) = (route, owner, epoch);

    /// <summary>Whether the position after the read is asked for as well.</summary>
    public bool AsksPosition => _owner is not null && _route.AsksPosition;

    public static ReadGuard OfDirectory(ReadRoute route) => new(route, owner: null, epoch: 0);

    public static ReadGuard OfShard(ReadRoute route, UserId owner, long epoch) => new(route, owner, epoch);

    public NpgsqlBatchCommand Command()
    {
        var command = new NpgsqlBatchCommand(_owner is null ? DirectorySql : ShardSql);
        var needed = _route.Needed;
        command.Parameters.Add(Value(needed.Cluster));
        command.Parameters.Add(Value(needed.Timeline));
        command.Parameters.Add(new NpgsqlParameter<NpgsqlLogSequenceNumber>
        {
            TypedValue = new(needed.Lsn),
            NpgsqlDbType = NpgsqlDbType.PgLsn,
        });
        if (_owner is { } owner)
        {
            command.Parameters.Add(Value(owner.Bucket.Value));
            command.Parameters.Add(Value(_epoch));
            command.Parameters.Add(Value(owner.Value.ToString()));
        }

        return command;
    }

    public NpgsqlBatchCommand PositionCommand() => new(PositionSql);

    /// <summary>A statement for one row, and the position in a column behind its own: cheaper than another statement.</summary>
    public string WithPosition(string sql) => AsksPosition
        ? Positioned.GetOrAdd(sql, static inner => $"SELECT found.*, {ServerSql.Position} FROM ({inner}) found")
        : sql;

    public CancellationToken Cancellation(CancellationToken cancellationToken) => _route.Cancellation(cancellationToken);

    /// <exception cref="ReadRefusedException">It is not the server for this read.</exception>
    public async ValueTask PassAsync(DbDataReader reader)
    {
        // A shard that never had the bucket has no row of it.
        var verdict = await reader.ReadAsync() ? (ReadVerdict)reader.GetInt32(0) : ReadVerdict.BucketMoved;
        if (verdict != ReadVerdict.Passed)
        {
            throw new ReadRefusedException(verdict, $"The server of '{_route.Source}' is not the one for this read: {verdict}.");
        }

        _route.Pass((ulong)reader.GetFieldValue<NpgsqlLogSequenceNumber>(1));
        await reader.NextResultAsync();
    }

    public async ValueTask EndAsync(DbDataReader reader)
    {
        if (await reader.NextResultAsync() && await reader.ReadAsync())
        {
            End(reader);
        }
    }

    /// <summary>The position that a row was read at, or a later one, is in its last column.</summary>
    public void End(DbDataReader row)
    {
        if (AsksPosition)
        {
            _route.SetEnd((ulong)row.GetFieldValue<NpgsqlLogSequenceNumber>(row.FieldCount - 1));
        }
    }
}
