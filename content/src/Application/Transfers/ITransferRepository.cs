using Domain.Transfers;
using Domain.Wallets;

namespace Application.Transfers;

public interface ITransferRepository : IWritePort
{
    Task AddAsync(Transfer transfer, CancellationToken cancellationToken);

    /// <summary>The payer's transfer, locked until the unit of work ends.</summary>
    Task<Transfer?> FindAsync(TransferId id, UserId owner, CancellationToken cancellationToken);
}
