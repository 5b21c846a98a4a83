using Acme.Service.Domain.Common;

namespace Acme.Service.Domain.Wallets;

public enum EntryKind : short
{
    Deposit = 1,
}

/// <summary>One movement of a wallet's balance. Entries are added and never changed.</summary>
public sealed class Entry
{
    internal Entry(EntryId id, WalletId walletId, EntryKind kind, long amount, long balance, DateTimeOffset createdAt) =>
        (Id, WalletId, Kind, Amount, Balance, CreatedAt) = (id, walletId, kind, amount, balance, createdAt);

    public EntryId Id { get; }

    public WalletId WalletId { get; }

    public EntryKind Kind { get; }

    /// <summary>Minor units; positive when money came in.</summary>
    public long Amount { get; }

    /// <summary>The wallet's balance right after this entry, in minor units.</summary>
    public long Balance { get; }

    public DateTimeOffset CreatedAt { get; }
}
