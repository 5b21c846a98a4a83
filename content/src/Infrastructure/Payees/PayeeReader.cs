using Acme.Service.Application.Payees;
using Acme.Service.Domain.Common;
using Acme.Service.Domain.Payees;
using Acme.Service.Domain.Wallets;
using Acme.Service.Infrastructure.Persistence;
using Acme.Service.Infrastructure.ReadReplicas;
using Acme.Service.Infrastructure.Sharding;
using Microsoft.EntityFrameworkCore;

namespace Acme.Service.Infrastructure.Payees;

internal sealed class PayeeReader(ContextPool<DirectoryContext> directory, ReadRouting routing) : IPayeeReader
{
    public async Task<PayeeView?> FindAsync(Handle handle, CancellationToken cancellationToken)
    {
        using var route = await routing.RouteAsync(DatabaseNames.Directory, cancellationToken);
        await using var context = directory.Rent(route.Source);
        return await context.Set<Payee>().Where(p => p.Handle == handle)
            .Select(p => new PayeeView(p.Handle.Value, p.WalletId.Value))
            .SingleOrDefaultAsync(cancellationToken);
    }
}

internal sealed class PayeeLookup(ContextPool<DirectoryContext> directory, ShardReader shards) : IPayeeLookup
{
    public async Task<PayeeAccount?> FindAsync(Handle handle, CancellationToken cancellationToken)
    {
        await using var context = directory.Rent(DatabaseNames.Directory);
        return await context.Set<Payee>().Where(p => p.Handle == handle)
            .Select(p => new PayeeAccount(p.Owner, p.WalletId))
            .SingleOrDefaultAsync(cancellationToken);
    }

    public async Task<PayeeAccount?> FindAsync(WalletId wallet, CancellationToken cancellationToken)
    {
        // Nobody has the id of a wallet, so this is asked in nobody's name, on the shard of the wallet's bucket.
        var owner = await shards.ReadPrimaryAsync(
            new UserId(wallet.Value),
            context => context.Database.SqlQuery<Guid?>($"""SELECT wallet_owner({wallet.Value}) AS "Value" """)
                .SingleAsync(cancellationToken),
            cancellationToken);
        return owner is { } id ? new PayeeAccount(new UserId(id), wallet) : null;
    }

    public async Task<WalletStatus?> StatusOfAsync(WalletId wallet, UserId owner, CancellationToken cancellationToken) =>
        await shards.ReadPrimaryAsync(
            owner,
            context => context.Set<Wallet>().Where(w => w.Id == wallet && w.Owner == owner)
                .Select(w => (WalletStatus?)w.Status)
                .SingleOrDefaultAsync(cancellationToken),
            cancellationToken);
}
