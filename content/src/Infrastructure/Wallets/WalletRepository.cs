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
        var context = await writer.JoinAsync(wallet.Owner, cancellationToken);
        context.Add(wallet);
    }

    public async Task<Wallet?> FindAsync(WalletId id, UserId owner, CancellationToken cancellationToken)
    {
        var context = await writer.JoinAsync(owner, cancellationToken);
        return await context.Set<Wallet>()
            .FromSql($"SELECT * FROM wallets WHERE id = {id.Value} AND owner_id = {owner.Value} FOR UPDATE")
            .SingleOrDefaultAsync(cancellationToken);
    }

    public async Task<(Wallet? One, Wallet? Other)> FindBothAsync(
        (WalletId Id, UserId Owner) one, (WalletId Id, UserId Owner) other, CancellationToken cancellationToken)
    {
        await writer.JoinAsync(one.Owner, cancellationToken);
        var context = await writer.JoinAsync(other.Owner, cancellationToken);
        var wallets = await context.Set<Wallet>()
            .FromSql($"""
                SELECT * FROM wallets
                WHERE (id, owner_id) IN (({one.Id.Value}, {one.Owner.Value}), ({other.Id.Value}, {other.Owner.Value}))
                ORDER BY id
                FOR UPDATE
                """)
            .ToListAsync(cancellationToken);
        return (wallets.Find(w => w.Id == one.Id), wallets.Find(w => w.Id == other.Id));
    }
}
