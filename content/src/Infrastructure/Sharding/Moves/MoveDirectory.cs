using Infrastructure.Persistence;

namespace Infrastructure.Sharding;

/// <summary>The directory's side of a move: the map, and which moves are not finished.</summary>
internal sealed class MoveDirectory(MoveSession session, short bucket)
{
    [Sql(typeof(short), Columns = [typeof(string)], InDirectory = true)]
    private const string ShardSql = "SELECT shard FROM bucket_map WHERE bucket = $1";

    [Sql(typeof(short), Columns = [typeof(string), typeof(string), typeof(long), typeof(bool)], InDirectory = true)]
    private const string FindSql = "SELECT source, target, epoch, is_open FROM bucket_moves WHERE bucket = $1";

    [Sql(typeof(short), typeof(string), InDirectory = true)]
    private const string RegisterSql = """
        INSERT INTO bucket_moves (bucket, source, target, epoch)
        SELECT bucket, shard, $2, epoch + 1 FROM bucket_map WHERE bucket = $1
        """;

    [Sql(typeof(short), typeof(string), InDirectory = true)]
    private const string NoteSql = "UPDATE bucket_moves SET note = $2, noted_at = clock_timestamp() WHERE bucket = $1";

    [Sql(typeof(short), InDirectory = true)]
    private const string OpenSql = """
        WITH move AS (
            UPDATE bucket_moves SET is_open = true WHERE bucket = $1 RETURNING bucket, source, target, epoch
        )
        UPDATE bucket_map m SET shard = target, epoch = move.epoch
        FROM move WHERE m.bucket = move.bucket AND m.shard = source AND m.epoch = move.epoch - 1
        """;

    [Sql(typeof(short), InDirectory = true)]
    private const string ForgetSql = "DELETE FROM bucket_moves WHERE bucket = $1";

    /// <returns>The shard that the map names; null when it has no such bucket.</returns>
    public Task<string?> ShardAsync(CancellationToken cancellationToken) =>
        session.ScalarAsync<string>(ShardSql, cancellationToken, bucket);

    /// <returns>The move that is not finished; null when there is none.</returns>
    public async Task<BucketMove?> FindAsync(CancellationToken cancellationToken) => (await session.QueryAsync(
        FindSql,
        row => new BucketMove(bucket, row.GetString(0), row.GetString(1), row.GetInt64(2), row.GetBoolean(3)),
        cancellationToken,
        bucket)).SingleOrDefault();

    public Task RegisterAsync(string target, CancellationToken cancellationToken) =>
        session.ExecuteAsync(RegisterSql, cancellationToken, bucket, target);

    /// <summary>For people who ask how far the move is.</summary>
    public Task NoteAsync(string text, CancellationToken cancellationToken) =>
        session.ExecuteAsync(NoteSql, cancellationToken, bucket, text);

    /// <summary>The one point at which the bucket changes its shard.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        if (await session.ExecuteAsync(OpenSql, cancellationToken, bucket) != 1)
        {
            throw new MoveException(MoveOutcome.Failed, $"Something else has changed bucket {bucket} in the bucket map.");
        }
    }

    public Task ForgetAsync(CancellationToken cancellationToken) => session.ExecuteAsync(ForgetSql, cancellationToken, bucket);
}
