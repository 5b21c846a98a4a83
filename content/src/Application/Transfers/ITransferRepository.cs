using Acme.Service.Application.Common;
using Acme.Service.Domain.Common;
using Acme.Service.Domain.Transfers;
using Acme.Service.Domain.Wallets;

namespace Acme.Service.Application.Transfers;

public interface ITransferRepository : IWritePort
{
    Task AddAsync(Transfer transfer, CancellationToken cancellationToken);

    /// <summary>The payer's transfer, locked until the unit of work ends.</summary>
    Task<Transfer?> FindAsync(TransferId id, UserId owner, CancellationToken cancellationToken);
}
