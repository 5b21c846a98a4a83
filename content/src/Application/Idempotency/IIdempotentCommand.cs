namespace Application.Idempotency;

/// <summary>A command that a caller may send again, with the same key, when they do not know what became of it.</summary>
public interface IIdempotentCommand : IBaseCommand
{
    UserId Owner { get; }

    RequestKey Key { get; }
}

/// <summary>By which a repeated request is known.</summary>
/// <param name="Value">Chosen by the caller: 1 to 255 visible ASCII characters, unique among the owner's keys.</param>
/// <param name="Fingerprint">
/// Of what the caller sent, and never of a type of ours, which the next release may change. The first byte is the version of
/// how it is made.
/// </param>
public sealed record RequestKey(string Value, byte[] Fingerprint)
{
    /// <summary>Fingerprints of two versions cannot be compared: then the key alone decides, as the caller means it to.</summary>
    public bool IsSameRequest(ReadOnlySpan<byte> stored) =>
        stored.IsEmpty || stored[0] != Fingerprint[0] || stored.SequenceEqual(Fingerprint);
}

/// <summary>Remembers, in the unit of work of a command, what it was answered with.</summary>
public interface IIdempotencyKeys : IWritePort
{
    /// <summary>
    /// Takes the key for this unit of work, together with whatever the unit of work does next: if the key is not free, that
    /// fails with an exception that <see cref="SaysInUse"/> knows.
    /// </summary>
    Task ClaimAsync(UserId owner, RequestKey key, CancellationToken cancellationToken);

    /// <summary>Whether an exception says that a key is not free: it was used, or a request with it is under way.</summary>
    bool SaysInUse(Exception exception);

    /// <summary>What is stored with a key; null when nothing is, as while its first request is under way.</summary>
    Task<StoredAnswer?> FindAsync(UserId owner, RequestKey key, CancellationToken cancellationToken);

    /// <summary>Stores the answer, as JSON, with the rest of the unit of work.</summary>
    Task CompleteAsync(UserId owner, RequestKey key, string answer, CancellationToken cancellationToken);
}

/// <summary>What a key was used for.</summary>
/// <param name="Fingerprint">Of the request.</param>
/// <param name="Answer">JSON of an answer or a refusal.</param>
public sealed record StoredAnswer(byte[] Fingerprint, string Answer);
