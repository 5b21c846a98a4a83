using Acme.Service.Application.Transfers;
using Acme.Service.Domain.Common;
using Acme.Service.Domain.Transfers;
using Acme.Service.Domain.Wallets;
using Acme.Service.Infrastructure.Persistence;
using Acme.Service.Infrastructure.Sharding;
using Microsoft.EntityFrameworkCore;

namespace Acme.Service.Infrastructure.Transfers;

internal sealed class TransferRepository(ShardWriter writer) : ITransferRepository
{
    [Sql(typeof(Guid), typeof(Guid), Row = typeof(Transfer))]
    private const string Lock = "SELECT * FROM transfers WHERE owner_id = {0} AND id = {1} FOR UPDATE";

    public async Task AddAsync(Transfer transfer, CancellationToken cancellationToken)
    {
        var context = await writer.JoinAsync(transfer.Owner, cancellationToken);
        context.Add(transfer);
    }

    public async Task<Transfer?> FindAsync(TransferId id, UserId owner, CancellationToken cancellationToken)
    {
        var context = await writer.JoinAsync(owner, cancellationToken);
        return await context.Set<Transfer>()
            .FromSqlRaw(Lock, owner.Value, id.Value)
            .SingleOrDefaultAsync(cancellationToken);
    }
}
