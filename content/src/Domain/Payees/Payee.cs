using Domain.Wallets;

namespace Domain.Payees;

/// <summary>A user who can be paid by a handle: where the money goes. A user has one handle at most.</summary>
public sealed class Payee
{
    private Payee(Handle handle, UserId owner, WalletId walletId, DateTimeOffset createdAt) =>
        (Handle, Owner, WalletId, CreatedAt) = (handle, owner, walletId, createdAt);

    public Handle Handle { get; }

    public UserId Owner { get; }

    public WalletId WalletId { get; }

    public DateTimeOffset CreatedAt { get; }

    /// <param name="wallet">One of the owner's.</param>
    public static Payee Create(Handle handle, UserId owner, WalletId wallet, DateTimeOffset now) =>
        new(handle, owner, wallet, now);
}
