namespace Domain.Wallets;

/// <summary>What a leg adds to or takes from.</summary>
public enum LedgerAccount : short
{
    /// <summary>What the owner can spend.</summary>
    Balance = 1,

    /// <summary>What is reserved for transfers that have not ended.</summary>
    Pending = 2,

    /// <summary>Where deposits come from.</summary>
    Outside = 3,

    /// <summary>Money under way from one shard to another.</summary>
    Clearing = 4,
}

/// <summary>What made an entry.</summary>
public enum EntryKind : short
{
    Deposit = 1,
    Send = 2,
    Receive = 3,
    Reserve = 4,
    Post = 5,
    Release = 6,
}

/// <summary>
/// One leg of a movement of money. Money never appears or vanishes: the legs of a movement sum to zero. Entries are added
/// and never changed.
/// </summary>
public sealed class Entry
{
    internal Entry(
        EntryId id,
        UserId owner,
        WalletId walletId,
        LedgerAccount account,
        long version,
        TransferId transferId,
        EntryKind kind,
        long amount,
        long? balance,
        DateTimeOffset createdAt) =>
        (Id, Owner, WalletId, Account, Version, TransferId, Kind, Amount, Balance, CreatedAt) =
        (id, owner, walletId, account, version, transferId, kind, amount, balance, createdAt);

    public EntryId Id { get; }

    /// <summary>Of the wallet.</summary>
    public UserId Owner { get; }

    public WalletId WalletId { get; }

    public LedgerAccount Account { get; }

    /// <summary>Of the wallet, once it has this entry. It orders the entries of a wallet.</summary>
    public long Version { get; }

    /// <summary>What the legs that belong together have in common.</summary>
    public TransferId TransferId { get; }

    public EntryKind Kind { get; }

    /// <summary>Minor units; positive when money came into the account.</summary>
    public long Amount { get; }

    /// <summary>
    /// What the wallet's account holds right after this entry, in minor units. Null for the accounts that are not the
    /// wallet's own, whose balance is not kept.
    /// </summary>
    public long? Balance { get; }

    public DateTimeOffset CreatedAt { get; }
}
