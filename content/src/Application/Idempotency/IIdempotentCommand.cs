using Application.Common;
using Domain.Common;
using Mediator;

namespace Application.Idempotency;

/// <summary>A command that a caller may send again, with the same key, when they do not know what became of it.</summary>
public interface IIdempotentCommand : IBaseCommand
{
    UserId Owner { get; }

    /// <summary>Chosen by the caller: 1 to 255 visible ASCII characters, unique among the owner's keys.</summary>
    string IdempotencyKey { get; }
}

/// <summary>Remembers, in the unit of work of a command, what it was answered with.</summary>
public interface IIdempotencyKeys : IWritePort
{
    /// <summary>Takes the key for this unit of work. Nobody else can have it until that ends.</summary>
    /// <param name="requestHash">SHA-256 of what was asked for, without the key.</param>
    Task<IdempotencyClaim> ClaimAsync(
        UserId owner, string key, ReadOnlyMemory<byte> requestHash, CancellationToken cancellationToken);

    /// <summary>Stores the answer, as JSON, with the rest of the unit of work.</summary>
    Task CompleteAsync(UserId owner, string key, string answer, CancellationToken cancellationToken);
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
