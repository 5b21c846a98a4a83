using Acme.Service.Application.Wallets;
using Acme.Service.Domain.Common;
using Acme.Service.Domain.Wallets;
using Acme.Service.Infrastructure.Sharding;
using Microsoft.EntityFrameworkCore;

namespace Acme.Service.Infrastructure.Wallets;

internal sealed class WalletReader(ShardReader shards) : IWalletReader
{
    public async Task<WalletView?> FindAsync(WalletId id, UserId owner, CancellationToken cancellationToken)
    {
        await using var context = await shards.OpenAsync(id.Bucket, cancellationToken);
        return await Views(context.Set<Wallet>().Where(w => w.Id == id && w.Owner == owner))
            .SingleOrDefaultAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<WalletView>> ListAsync(
        UserId owner, WalletId? after, int limit, CancellationToken cancellationToken)
    {
        await using var context = await shards.OpenAsync(owner.Bucket, cancellationToken);
        var wallets = context.Set<Wallet>().Where(w => w.Owner == owner);
        if (after is { } last)
        {
            wallets = wallets.Where(w => w.Id < last);
        }

        return await Views(wallets.OrderByDescending(w => w.Id).Take(limit)).ToListAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<EntryView>?> ListEntriesAsync(
        WalletId id, UserId owner, EntryId? after, int limit, CancellationToken cancellationToken)
    {
        await using var context = await shards.OpenAsync(id.Bucket, cancellationToken);
        var wallet = context.Set<Wallet>().Where(w => w.Id == id && w.Owner == owner);
        var entries = context.Set<Entry>().Where(e => e.WalletId == id && wallet.Any());
        if (after is { } last)
        {
            entries = entries.Where(e => e.Id < last);
        }

        var page = await entries.AsNoTracking()
            .OrderByDescending(e => e.Id)
            .Take(limit)
            .Select(e => new EntryView(e.Id.Value, e.Kind, e.Amount, e.Balance, e.CreatedAt))
            .ToListAsync(cancellationToken);
        return page.Count > 0 || await wallet.AnyAsync(cancellationToken) ? page : null;
    }

    private static IQueryable<WalletView> Views(IQueryable<Wallet> wallets) => wallets.AsNoTracking()
        .Select(w => new WalletView(w.Id.Value, w.Currency.Code, w.Balance, w.Version, w.OpenedAt));
}
