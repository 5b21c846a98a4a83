using Domain.Wallets;

namespace Application.Wallets;

/// <summary>A wallet of its owner.</summary>
/// <param name="Id">Of the wallet.</param>
/// <param name="Currency">Code of ISO 4217.</param>
/// <param name="Balance">What can be spent, in minor units of the currency.</param>
/// <param name="Pending">What is reserved for transfers that have not ended, in minor units.</param>
/// <param name="Status">Whether money can move.</param>
/// <param name="Version">Grows with every change of the wallet.</param>
/// <param name="OpenedAt">When it was opened.</param>
public sealed record WalletView(
    Guid Id, string Currency, long Balance, long Pending, WalletStatus Status, long Version, DateTimeOffset OpenedAt)
{
    public static WalletView Of(Wallet wallet) => new(
        wallet.Id.Value,
        wallet.Currency.Code,
        wallet.Balance,
        wallet.Pending,
        wallet.Status,
        wallet.Version,
        wallet.OpenedAt);
}

/// <summary>A change of a wallet's balance.</summary>
/// <param name="Id">Of the entry.</param>
/// <param name="Kind">What changed the balance.</param>
/// <param name="TransferId">The movement of money that the entry is part of.</param>
/// <param name="Amount">Minor units; positive when money came in.</param>
/// <param name="Balance">The wallet's balance right after this entry, in minor units.</param>
/// <param name="CreatedAt">When it was made.</param>
public sealed record EntryView(
    Guid Id, EntryKind Kind, Guid TransferId, long Amount, long Balance, DateTimeOffset CreatedAt);

/// <summary>Lists are newest first and hold what is older than <c>after</c>, at most <c>limit</c> rows.</summary>
public interface IWalletReader : IReadPort
{
    Task<WalletView?> FindAsync(WalletId id, UserId owner, CancellationToken cancellationToken);

    Task<IReadOnlyList<WalletView>> ListAsync(
        UserId owner, WalletId? after, int limit, CancellationToken cancellationToken);

    /// <summary>What moved the wallet's balance: the entries of <see cref="LedgerAccount.Balance"/>.</summary>
    /// <returns>Null when the owner has no such wallet.</returns>
    Task<IReadOnlyList<EntryView>?> ListEntriesAsync(
        WalletId id, UserId owner, EntryId? after, int limit, CancellationToken cancellationToken);
}
