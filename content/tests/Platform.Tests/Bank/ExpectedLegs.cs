using Domain.Wallets;

namespace Platform.Tests.Bank;

/// <summary>The entries that a transfer has, by how it ended: wallet, kind, account and amount of each.</summary>
internal sealed class ExpectedLegs(Guid from, Guid to, long amount)
{
    /// <summary>At once, within a shard.</summary>
    public (Guid, EntryKind, LedgerAccount, long)[] Sent =>
    [
        (from, EntryKind.Send, LedgerAccount.Balance, -amount),
        (to, EntryKind.Receive, LedgerAccount.Balance, amount),
    ];

    /// <summary>Between shards.</summary>
    public (Guid, EntryKind, LedgerAccount, long)[] Posted =>
    [
        .. Reserved,
        (to, EntryKind.Receive, LedgerAccount.Clearing, -amount),
        (to, EntryKind.Receive, LedgerAccount.Balance, amount),
        (from, EntryKind.Post, LedgerAccount.Pending, -amount),
        (from, EntryKind.Post, LedgerAccount.Clearing, amount),
    ];

    public (Guid, EntryKind, LedgerAccount, long)[] Voided =>
    [
        .. Reserved,
        (from, EntryKind.Release, LedgerAccount.Pending, -amount),
        (from, EntryKind.Release, LedgerAccount.Balance, amount),
    ];

    private (Guid, EntryKind, LedgerAccount, long)[] Reserved =>
    [
        (from, EntryKind.Reserve, LedgerAccount.Balance, -amount),
        (from, EntryKind.Reserve, LedgerAccount.Pending, amount),
    ];
}
