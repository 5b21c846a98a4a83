using Acme.Service.Application.Transfers;
using Acme.Service.Domain.Common;
using Acme.Service.Domain.Transfers;
using Acme.Service.Domain.Wallets;
using Acme.Service.Infrastructure.Sharding;
using Microsoft.EntityFrameworkCore;

namespace Acme.Service.Infrastructure.Transfers;

internal sealed class TransferRepository(ShardWriter writer) : ITransferRepository
{
    public async Task AddAsync(Transfer transfer, CancellationToken cancellationToken)
    {
        var context = await writer.JoinAsync(transfer.Owner, cancellationToken);
        context.Add(transfer);
    }

    public async Task<Transfer?> FindAsync(TransferId id, UserId owner, CancellationToken cancellationToken)
    {
        var context = await writer.JoinAsync(owner, cancellationToken);
        return await context.Set<Transfer>()
            .FromSql($"SELECT * FROM transfers WHERE owner_id = {owner.Value} AND id = {id.Value} FOR UPDATE")
            .SingleOrDefaultAsync(cancellationToken);
    }
}
