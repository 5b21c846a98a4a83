using Acme.Service.Application.Wallets;
using Acme.Service.Domain.Common;
using Acme.Service.Domain.Wallets;
using Acme.Service.Infrastructure.Persistence;
using Acme.Service.Infrastructure.Sharding;
using Microsoft.EntityFrameworkCore;

namespace Acme.Service.Infrastructure.Wallets;

internal sealed class WalletReader(ShardReader shards) : IWalletReader
{
    /// <summary>By far the most frequent read.</summary>
    [Sql(
        typeof(Guid), typeof(Guid),
        Columns = [typeof(Guid), typeof(string), typeof(long), typeof(long), typeof(short), typeof(long), typeof(DateTimeOffset)])]
    private const string FindSql = """
        SELECT id, currency, balance, pending, status, version, opened_at FROM wallets WHERE owner_id = $1 AND id = $2
        """;

    public Task<WalletView?> FindAsync(WalletId id, UserId owner, CancellationToken cancellationToken) =>
        shards.FindRowAsync(owner, FindSql, id.Value, static row => new WalletView(
            row.GetGuid(0),
            row.GetString(1),
            row.GetInt64(2),
            row.GetInt64(3),
            (WalletStatus)row.GetInt16(4),
            row.GetInt64(5),
            row.GetFieldValue<DateTimeOffset>(6)), cancellationToken);

    public Task<IReadOnlyList<WalletView>> ListAsync(
        UserId owner, WalletId? after, int limit, CancellationToken cancellationToken) => shards.ReadAsync<IReadOnlyList<WalletView>>(
        owner,
        async context =>
        {
            var wallets = context.Set<Wallet>().Where(w => w.Owner == owner);
            if (after is { } last)
            {
                wallets = wallets.Where(w => w.Id < last);
            }

            return await Views(wallets.OrderByDescending(w => w.Id).Take(limit)).ToListAsync(cancellationToken);
        },
        cancellationToken);

    public Task<IReadOnlyList<EntryView>?> ListEntriesAsync(
        WalletId id, UserId owner, EntryId? after, int limit, CancellationToken cancellationToken) => shards.ReadAsync<IReadOnlyList<EntryView>?>(
        owner,
        async context =>
        {
            var entries = context.Set<Entry>()
                .Where(e => e.Owner == owner && e.WalletId == id && e.Account == LedgerAccount.Balance);
            if (after is { } last)
            {
                entries = entries.Where(e => e.Id < last);
            }

            var page = await entries.AsNoTracking()
                .OrderByDescending(e => e.Id)
                .Take(limit)
                .Select(e => new EntryView(e.Id.Value, e.Kind, e.TransferId.Value, e.Amount, e.Balance!.Value, e.CreatedAt))
                .ToListAsync(cancellationToken);
            return page.Count > 0 || await context.Set<Wallet>().AnyAsync(w => w.Id == id && w.Owner == owner, cancellationToken)
                ? page
                : null;
        },
        cancellationToken);

    private static IQueryable<WalletView> Views(IQueryable<Wallet> wallets) => wallets.AsNoTracking()
        .Select(w => new WalletView(w.Id.Value, w.Currency.Code, w.Balance, w.Pending, w.Status, w.Version, w.OpenedAt));
}
