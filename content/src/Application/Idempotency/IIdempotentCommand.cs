using Application.Common;
using Domain.Common;
using Mediator;

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
    /// <summary>Takes the key for this unit of work. Nobody else can have it until that ends.</summary>
    Task<IdempotencyClaim> ClaimAsync(UserId owner, RequestKey key, CancellationToken cancellationToken);

    /// <summary>Stores the answer, as JSON, with the rest of the unit of work.</summary>
    Task CompleteAsync(UserId owner, RequestKey key, string answer, CancellationToken cancellationToken);
}

/// <summary>What became of an attempt to take a key.</summary>
public abstract record IdempotencyClaim
{
    private IdempotencyClaim()
    {
    }

    /// <summary>The key is new, or has expired: do what was asked for.</summary>
    public sealed record Taken : IdempotencyClaim;

    /// <summary>Another request with this key is under way.</summary>
    public sealed record InProgress : IdempotencyClaim;

    /// <summary>The key was used for something else.</summary>
    public sealed record OtherRequest : IdempotencyClaim;

    /// <summary>The same was asked for before.</summary>
    /// <param name="Answer">What it was answered with, as JSON.</param>
    public sealed record Done(string Answer) : IdempotencyClaim;
}
