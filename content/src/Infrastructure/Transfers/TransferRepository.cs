using Application.Transfers;
using Domain.Common;
using Domain.Transfers;
using Domain.Wallets;
using Infrastructure.Persistence;
using Infrastructure.Sharding;
using Microsoft.EntityFrameworkCore;

namespace Infrastructure.Transfers;

internal sealed class TransferRepository(ShardWriter writer) : ITransferRepository
{
    [Sql(typeof(Guid), typeof(Guid), Row = typeof(Transfer))]
    private const string Lock = """
        SELECT id, owner_id, wallet_id, payee_id, payee_wallet_id, amount, currency, status, void_code, void_reason, created_at, ended_at
        FROM transfers WHERE owner_id = {0} AND id = {1} FOR UPDATE
        """;

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
