using Application.Idempotency;
using Domain.Common;
using Infrastructure.Persistence;
using Infrastructure.Sharding;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Infrastructure.Idempotency;

internal sealed class IdempotencyOptions
{
    public const string Section = "Idempotency";

    /// <summary>How long a key is remembered. After that it counts as new.</summary>
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromHours(24);
}

/// <summary>Keeps the keys in the table of their owner's shard, in the transaction of what was asked for.</summary>
internal sealed class IdempotencyKeys(ShardWriter writer, IOptions<IdempotencyOptions> options) : IIdempotencyKeys
{
    /// <summary>
    /// The lock is there from the first statement to the end of the transaction, so a second request need not wait to be
    /// told that it is the second. Row and lock are looked at in one snapshot: when the first request has ended in between,
    /// its row is missing from that, and is there when looked at again.
    /// </summary>
    [Sql(typeof(Guid), typeof(string), typeof(byte[]), typeof(TimeSpan), Row = typeof(ClaimRow))]
    private const string Claim = """
        WITH lock AS MATERIALIZED (
            SELECT pg_try_advisory_xact_lock(hashtextextended({0}::uuid::text || {1}, 0)) AS is_ours
        ), taken AS (
            INSERT INTO idempotency_keys AS k (owner_id, key, request_hash)
            SELECT {0}, {1}, {2} FROM lock WHERE is_ours
            ON CONFLICT (owner_id, key) DO UPDATE
                SET request_hash = excluded.request_hash, answer = NULL, created_at = excluded.created_at
                WHERE k.created_at < clock_timestamp() - {3}::interval
            RETURNING 1
        )
        SELECT l.is_ours AS "IsOurs", EXISTS (SELECT FROM taken) AS "IsTaken",
               k.request_hash AS "RequestHash", k.answer AS "Answer"
        FROM lock l LEFT JOIN idempotency_keys k ON k.owner_id = {0} AND k.key = {1}
        """;

    /// <summary>
    /// A transaction that writes nothing commits at once. The lock is written to the log, so this one commits when a
    /// synchronous standby has what it answers with.
    /// </summary>
    [Sql(typeof(Guid), typeof(string))]
    private const string Lock = "SELECT FROM idempotency_keys WHERE owner_id = {0} AND key = {1} FOR UPDATE";

    public async Task<IdempotencyClaim> ClaimAsync(UserId owner, RequestKey key, CancellationToken cancellationToken)
    {
        var context = await writer.JoinAsync(owner, cancellationToken);

        while (true)
        {
            var claim = (await context.Database
                .SqlQueryRaw<ClaimRow>(Claim, owner.Value, key.Value, key.Fingerprint, options.Value.Lifetime)
                .ToListAsync(cancellationToken)).Single();
            switch (claim)
            {
                case { IsTaken: true }:
                    return new IdempotencyClaim.Taken();
                case { RequestHash: { } known, Answer: { } answer } when key.IsSameRequest(known):
                    await context.Database.ExecuteSqlRawAsync(Lock, [owner.Value, key.Value], cancellationToken);
                    return new IdempotencyClaim.Done(answer);
                case { RequestHash: not null }:
                    return new IdempotencyClaim.OtherRequest();
                case { IsOurs: false }:
                    return new IdempotencyClaim.InProgress();
            }
        }
    }

    public async Task CompleteAsync(UserId owner, RequestKey key, string answer, CancellationToken cancellationToken)
    {
        var context = await writer.JoinAsync(owner, cancellationToken);
        var row = context.Attach(new IdempotencyKey { Owner = owner, Key = key.Value, Answer = answer });
        row.Property(k => k.Answer).IsModified = true;
    }

    private sealed record ClaimRow(bool IsOurs, bool IsTaken, byte[]? RequestHash, string? Answer);
}
