using Domain.Payees;
using Domain.Wallets;

namespace Application.Payees;

/// <summary>Whom to pay.</summary>
public sealed record PayeeAccount(UserId Owner, WalletId Wallet);

/// <summary>
/// What a command has to know of users other than its own. It works on primaries and outside the unit of work, and it is
/// asked before anything is put into that: a transaction that waits for another database keeps a connection for which
/// somebody else may be waiting.
/// </summary>
public interface IPayeeLookup : IWritePort
{
    Task<PayeeAccount?> FindAsync(Handle handle, CancellationToken cancellationToken);

    Task<PayeeAccount?> FindAsync(WalletId wallet, CancellationToken cancellationToken);

    /// <returns>Null when the owner has no such wallet.</returns>
    Task<WalletStatus?> StatusOfAsync(WalletId wallet, UserId owner, CancellationToken cancellationToken);
}
