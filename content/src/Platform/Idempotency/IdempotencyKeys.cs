using System.ComponentModel.DataAnnotations;
using Application.Idempotency;
using static Platform.RowSecurity.Pipeline;

namespace Platform.Idempotency;

internal sealed class IdempotencyOptions
{
    public const string Section = "Idempotency";

    /// <summary>How long a key is remembered. After that it counts as new.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "36500.00:00:00")]
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromHours(24);
}

/// <summary>Keeps the keys in the table of their owner's shard, in the transaction of what was asked for.</summary>
internal sealed class IdempotencyKeys(ShardWriter writer, IOptions<IdempotencyOptions> options) : IIdempotencyKeys
{
    [Sql(typeof(Guid), typeof(string), typeof(TimeSpan))]
    private const string ClaimSql = "SELECT claim_key($1, $2, $3)";

    /// <summary>
    /// A transaction that writes nothing commits at once. The lock is written to the log, so this one commits when a
    /// synchronous standby has what it answers with.
    /// </summary>
    [Sql(typeof(Guid), typeof(string), Columns = [typeof(byte[]), typeof(string)])]
    private const string FindSql =
        "SELECT request_hash, answer FROM idempotency_keys WHERE owner_id = $1 AND key = $2 FOR UPDATE";

    /// <summary>An expired key may still be there.</summary>
    [Sql(typeof(Guid), typeof(string), typeof(byte[]), typeof(string))]
    private const string CompleteSql = """
        INSERT INTO idempotency_keys (owner_id, key, request_hash, answer) VALUES ($1, $2, $3, $4)
        ON CONFLICT (owner_id, key) DO UPDATE
        SET request_hash = excluded.request_hash, answer = excluded.answer, created_at = excluded.created_at
        """;

    public async Task ClaimAsync(UserId owner, RequestKey key, CancellationToken cancellationToken)
    {
        var context = await writer.JoinAsync(owner, cancellationToken);
        context.Pipeline!.Add(ClaimSql, Value(owner.Value), Value(key.Value), Value(options.Value.Lifetime));
    }

    public static bool IsInUse(Exception exception) => DatabaseErrors.Of(exception) == DatabaseError.KeyInUse;

    public bool SaysInUse(Exception exception) => IsInUse(exception);

    public async Task<StoredAnswer?> FindAsync(UserId owner, RequestKey key, CancellationToken cancellationToken)
    {
        var context = await writer.JoinAsync(owner, cancellationToken);
        var found = await context.QueryAsync(
            FindSql, row => new StoredAnswer(row.GetFieldValue<byte[]>(0), row.GetString(1)), cancellationToken,
            Value(owner.Value), Value(key.Value));
        return found.SingleOrDefault();
    }

    public async Task CompleteAsync(UserId owner, RequestKey key, string answer, CancellationToken cancellationToken)
    {
        var context = await writer.JoinAsync(owner, cancellationToken);
        context.Pipeline!.Add(
            CompleteSql, Value(owner.Value), Value(key.Value), Value(key.Fingerprint), Value(answer));
    }
}
