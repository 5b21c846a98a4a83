using Acme.Service.Application.Common;
using Acme.Service.Domain.Common;
using Acme.Service.Domain.Wallets;

namespace Acme.Service.Application.Wallets;

public interface IWalletRepository : IWritePort
{
    Task AddAsync(Wallet wallet, CancellationToken cancellationToken);

    /// <summary>The owner's wallet, locked until the unit of work ends, so that concurrent commands take turns.</summary>
    Task<Wallet?> FindAsync(WalletId id, UserId owner, CancellationToken cancellationToken);
}
