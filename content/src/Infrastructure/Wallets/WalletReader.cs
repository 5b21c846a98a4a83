using Application.Wallets;
using Domain.Wallets;

namespace Infrastructure.Wallets;

internal sealed class WalletReader(ShardReader shards) : IWalletReader
{
    private static readonly Func<ShardContext, UserId, WalletId, int, IAsyncEnumerable<WalletView>> Wallets =
        EF.CompileAsyncQuery(
        (ShardContext context, UserId owner, WalletId before, int limit) => context.Set<Wallet>()
            .Where(w => w.Owner == owner && w.Id < before)
            .OrderByDescending(w => w.Id)
            .Take(limit)
            .Select(w => new WalletView(w.Id.Value, w.Currency.Code, w.Balance, w.Pending, w.Status, w.Version, w.OpenedAt)));

    private static readonly Func<ShardContext, UserId, WalletId, long, int, IAsyncEnumerable<EntryView>> Entries =
        EF.CompileAsyncQuery(
        (ShardContext context, UserId owner, WalletId id, long before, int limit) => context.Set<Entry>()
            .Where(e => e.Owner == owner && e.WalletId == id && e.Account == LedgerAccount.Balance && e.Version < before)
            .OrderByDescending(e => e.Version)
            .Take(limit)
            .Select(e => new EntryView(e.Id.Value, e.Kind, e.TransferId.Value, e.Amount, e.Balance!.Value, e.CreatedAt)));

    private static readonly Func<ShardContext, UserId, WalletId, CancellationToken, Task<bool>> Exists = EF.CompileAsyncQuery(
        (ShardContext context, UserId owner, WalletId id, CancellationToken _) => context.Set<Wallet>()
            .Any(w => w.Id == id && w.Owner == owner));

    /// <summary>By far the most frequent read.</summary>
    [Sql(
        typeof(Guid), typeof(Guid),
        Columns =
            [typeof(Guid), typeof(string), typeof(long), typeof(long), typeof(short), typeof(long), typeof(DateTimeOffset)])]
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
        UserId owner, WalletId? after, int limit, CancellationToken cancellationToken) =>
            shards.ReadAsync<IReadOnlyList<WalletView>>(
        owner,
        async context => await Wallets(context, owner, after ?? new(Guid.AllBitsSet), limit).ToListAsync(cancellationToken),
        cancellationToken);

    public Task<IReadOnlyList<EntryView>?> ListEntriesAsync(
        WalletId id, UserId owner, EntryId? after, int limit, CancellationToken cancellationToken) =>
            shards.ReadAsync<IReadOnlyList<EntryView>?>(
        owner,
        async context =>
        {
            var page = await Entries(context, owner, id, after?.Version ?? long.MaxValue, limit).ToListAsync(cancellationToken);
            return page.Count > 0 || await Exists(context, owner, id, cancellationToken) ? page : null;
        },
        cancellationToken);
}
