using Domain.Wallets;

namespace Application.Wallets;

public interface IWalletRepository : IWritePort
{
    Task AddAsync(Wallet wallet, CancellationToken cancellationToken);

    /// <summary>The owner's wallet, locked until the unit of work ends, so that concurrent commands take turns.</summary>
    Task<Wallet?> FindAsync(WalletId id, UserId owner, CancellationToken cancellationToken);

    /// <summary>
    /// Two wallets, of one owner or of two whom the unit of work can hold, locked in the order of their ids whichever is
    /// asked for first, so that commands which need the same two do not wait for each other.
    /// </summary>
    Task<(Wallet? One, Wallet? Other)> FindBothAsync(
        (WalletId Id, UserId Owner) one, (WalletId Id, UserId Owner) other, CancellationToken cancellationToken);
}
