using Application.Idempotency;
using Application.Tests.Common;
using Domain.Common;

namespace Application.Tests.Idempotency;

/// <summary>The stored keys with the hash of the request and the answer. Without an answer the request is under way.</summary>
internal sealed class KeyTable
{
    public Dictionary<(UserId Owner, string Key), (byte[] Hash, string? Answer)> Rows { get; } = [];
}

internal sealed class InMemoryIdempotencyKeys(KeyTable table, InMemoryUnitOfWork unitOfWork) : IIdempotencyKeys
{
    private byte[] _hash = [];

    public Task<IdempotencyClaim> ClaimAsync(
        UserId owner, string key, ReadOnlyMemory<byte> requestHash, CancellationToken cancellationToken)
    {
        // A claim is work on the owner's shard, so the unit of work has begun.
        unitOfWork.Enlist(() => { });
        _hash = requestHash.ToArray();
        return Task.FromResult<IdempotencyClaim>(!table.Rows.TryGetValue((owner, key), out var row)
            ? new IdempotencyClaim.Taken()
            : (row.Answer, Same: row.Hash.AsSpan().SequenceEqual(_hash)) switch
            {
                (null, _) => new IdempotencyClaim.InProgress(),
                (_, false) => new IdempotencyClaim.OtherRequest(),
                var (answer, _) => new IdempotencyClaim.Done(answer),
            });
    }

    public Task CompleteAsync(UserId owner, string key, string answer, CancellationToken cancellationToken)
    {
        unitOfWork.Enlist(() => table.Rows.Add((owner, key), (_hash, answer)));
        return Task.CompletedTask;
    }
}
