using Acme.Service.Application.Transfers;
using Acme.Service.Domain.Common;
using Acme.Service.Domain.Transfers;
using Acme.Service.Domain.Wallets;
using Acme.Service.Infrastructure.Sharding;
using Microsoft.EntityFrameworkCore;

namespace Acme.Service.Infrastructure.Transfers;

internal sealed class TransferReader(ShardReader shards) : ITransferReader
{
    public Task<TransferView?> FindAsync(TransferId id, UserId owner, CancellationToken cancellationToken) => shards.ReadAsync(
        owner,
        async context => await Of(context, owner).SingleOrDefaultAsync(t => t.Id == id, cancellationToken) is { } transfer
            ? TransferView.Of(transfer)
            : null,
        cancellationToken);

    public Task<IReadOnlyList<TransferView>> ListAsync(
        UserId owner, TransferId? after, int limit, CancellationToken cancellationToken) => shards.ReadAsync<IReadOnlyList<TransferView>>(
        owner,
        async context =>
        {
            var transfers = Of(context, owner);
            if (after is { } last)
            {
                transfers = transfers.Where(t => t.Id < last);
            }

            var page = await transfers.OrderByDescending(t => t.Id).Take(limit).ToListAsync(cancellationToken);
            return [.. page.Select(TransferView.Of)];
        },
        cancellationToken);

    private static IQueryable<Transfer> Of(DbContext context, UserId owner) =>
        context.Set<Transfer>().AsNoTracking().Where(t => t.Owner == owner);
}
