using Acme.Service.Application.Wallets;
using Acme.Service.Domain.Common;
using Acme.Service.Domain.Wallets;
using Acme.Service.Infrastructure.Sharding;
using Microsoft.EntityFrameworkCore;

namespace Acme.Service.Infrastructure.Wallets;

internal sealed class WalletRepository(ShardWriter writer) : IWalletRepository
{
    public async Task AddAsync(Wallet wallet, CancellationToken cancellationToken)
    {
        var context = await writer.JoinAsync(wallet.Id.Bucket, cancellationToken);
        context.Add(wallet);
    }

    public async Task<Wallet?> FindAsync(WalletId id, UserId owner, CancellationToken cancellationToken)
    {
        var context = await writer.JoinAsync(id.Bucket, cancellationToken);
        return await context.Set<Wallet>()
            .FromSql($"SELECT * FROM wallets WHERE id = {id.Value} AND owner_id = {owner.Value} FOR UPDATE")
            .SingleOrDefaultAsync(cancellationToken);
    }
}
