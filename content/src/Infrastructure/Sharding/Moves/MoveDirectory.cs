using Infrastructure.Persistence;
using Microsoft.Extensions.Configuration;
using Npgsql;

namespace Infrastructure.Sharding;

/// <summary>The directory's side of a move: the map, and how far the move has come.</summary>
internal sealed class MoveDirectory(MoveSession session, short bucket) : IAsyncDisposable
{
    [Sql(typeof(short), Columns = [typeof(string)], InDirectory = true)]
    private const string Shard = "SELECT shard FROM bucket_map WHERE bucket = $1";

    [Sql(
        typeof(short), Columns = [typeof(string), typeof(string), typeof(long), typeof(string), typeof(DateTimeOffset)], InDirectory = true)]
    private const string Unfinished =
        "SELECT source, target, epoch, phase, started_at FROM bucket_moves WHERE bucket = $1 AND phase <> 'done'";

    [Sql(typeof(short), typeof(string), InDirectory = true)]
    private const string Register = """
        INSERT INTO bucket_moves (bucket, source, target, epoch, phase)
        SELECT bucket, shard, $2, epoch + 1, 'copying' FROM bucket_map WHERE bucket = $1
        ON CONFLICT (bucket) DO UPDATE
            SET (source, target, epoch, phase, started_at)
              = (excluded.source, excluded.target, excluded.epoch, excluded.phase, clock_timestamp())
        """;

    [Sql(typeof(short), typeof(string), InDirectory = true)]
    private const string Advance = "UPDATE bucket_moves SET phase = $2 WHERE bucket = $1";

    [Sql(typeof(short), InDirectory = true)]
    private const string Map = """
        WITH move AS (
            UPDATE bucket_moves SET phase = 'opening' WHERE bucket = $1 RETURNING bucket, source, target, epoch
        )
        UPDATE bucket_map m SET shard = target, epoch = move.epoch
        FROM move WHERE m.bucket = move.bucket AND m.shard = source AND m.epoch = move.epoch - 1
        """;

    public static async Task<MoveDirectory> OpenAsync(
        IConfiguration configuration, short bucket, CancellationToken cancellationToken) => new(
        await MoveSession.OpenAsync(configuration, DatabaseNames.Directory, bucket, cancellationToken), bucket);

    /// <summary>The shard that the map names; null when it has no such bucket.</summary>
    public Task<string?> ShardAsync(CancellationToken cancellationToken) =>
        session.ScalarAsync<string>(Shard, cancellationToken, bucket);

    /// <summary>The move that an earlier run has begun.</summary>
    public async Task<BucketMove?> UnfinishedAsync(CancellationToken cancellationToken)
    {
        var rows = await session.QueryAsync(Unfinished, Read, cancellationToken, bucket);
        return rows.Count == 0 ? null : rows[0];

        BucketMove Read(NpgsqlDataReader row) => new(
            new(bucket),
            row.GetString(0),
            row.GetString(1),
            row.GetInt64(2),
            Enum.Parse<MovePhase>(row.GetString(3), ignoreCase: true),
            row.GetFieldValue<DateTimeOffset>(4));
    }

    public Task RegisterAsync(string target, CancellationToken cancellationToken) =>
        session.ExecuteAsync(Register, cancellationToken, bucket, target);

    public Task AdvanceAsync(MovePhase phase, CancellationToken cancellationToken) =>
        session.ExecuteAsync(Advance, cancellationToken, bucket, phase.ToString().ToLowerInvariant());

    /// <summary>Tells the routers where the bucket is now.</summary>
    public async Task MapAsync(CancellationToken cancellationToken)
    {
        if (await session.ExecuteAsync(Map, cancellationToken, bucket) != 1)
        {
            throw new MoveException(MoveOutcome.Failed, $"Somebody else has changed bucket {bucket} in the bucket map.");
        }
    }

    public ValueTask DisposeAsync() => session.DisposeAsync();
}
