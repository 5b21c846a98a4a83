using System.Security.Cryptography;
using System.Text;
using Application.Idempotency;

namespace Application.Tests.Idempotency;

/// <summary>
/// The stored keys with the fingerprint of the request and the answer. Without an answer the request is under way.
/// </summary>
internal sealed class KeyTable
{
    public Dictionary<(UserId Owner, string Key), (byte[] Fingerprint, string? Answer)> Rows { get; } = [];
}

internal sealed class InMemoryIdempotencyKeys(KeyTable table, InMemoryUnitOfWork unitOfWork) : IIdempotencyKeys
{
    public Task ClaimAsync(UserId owner, RequestKey key, CancellationToken cancellationToken)
    {
        // A claim is work on the owner's shard, so the unit of work has begun.
        unitOfWork.Enlist(() => { });
        return table.Rows.ContainsKey((owner, key.Value)) ? throw new InUseException() : Task.CompletedTask;
    }

    public bool SaysInUse(Exception exception) => exception is InUseException;

    public Task<StoredAnswer?> FindAsync(UserId owner, RequestKey key, CancellationToken cancellationToken) =>
        Task.FromResult(table.Rows.TryGetValue((owner, key.Value), out var row) && row.Answer is { } answer
            ? new StoredAnswer(row.Fingerprint, answer)
            : null);

    public Task CompleteAsync(UserId owner, RequestKey key, string answer, CancellationToken cancellationToken)
    {
        unitOfWork.Enlist(() => table.Rows.Add((owner, key.Value), (key.Fingerprint, answer)));
        return Task.CompletedTask;
    }

    private sealed class InUseException : Exception;
}

internal static class RequestKeys
{
    /// <summary>The key of a request that consists of these values.</summary>
    public static RequestKey Of(string key, params object[] request) =>
        new(key, [1, .. SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', request)))]);
}
