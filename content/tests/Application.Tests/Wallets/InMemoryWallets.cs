using Application.Wallets;
using Domain.Wallets;

namespace Application.Tests.Wallets;

/// <summary>The stored wallets. What a reader sees is copied from them at each commit.</summary>
internal sealed class WalletTable
{
    public Dictionary<WalletId, Wallet> Wallets { get; } = [];

    public Dictionary<WalletId, (UserId Owner, WalletView View, IReadOnlyList<EntryView> Entries)> Committed { get; } = [];

    /// <summary>Every leg that has been entered, of all wallets.</summary>
    public IEnumerable<Entry> Entries => Wallets.Values.SelectMany(wallet => wallet.NewEntries);

    public void Store(Wallet wallet)
    {
        Wallets[wallet.Id] = wallet;
        Committed[wallet.Id] = (
            wallet.Owner,
            WalletView.Of(wallet),
            [.. wallet.NewEntries.Where(entry => entry.Account == LedgerAccount.Balance).Select(View)]);
    }

    private static EntryView View(Entry entry) => new(
        entry.Id.Value, entry.Kind, entry.TransferId.Value, entry.Amount, entry.Balance!.Value, entry.CreatedAt);
}

internal sealed class InMemoryWalletRepository(WalletTable table, InMemoryUnitOfWork unitOfWork) : IWalletRepository
{
    public Task AddAsync(Wallet wallet, CancellationToken cancellationToken)
    {
        unitOfWork.Enlist(() => table.Store(wallet));
        return Task.CompletedTask;
    }

    public Task<Wallet?> FindAsync(WalletId id, UserId owner, CancellationToken cancellationToken)
    {
        var wallet = table.Wallets.TryGetValue(id, out var found) && found.Owner == owner ? found : null;
        if (wallet is not null)
        {
            unitOfWork.Enlist(() => table.Store(wallet));
        }

        return Task.FromResult(wallet);
    }

    public async Task<(Wallet? One, Wallet? Other)> FindBothAsync(
        (WalletId Id, UserId Owner) one, (WalletId Id, UserId Owner) other, CancellationToken cancellationToken) =>
        (await FindAsync(one.Id, one.Owner, cancellationToken), await FindAsync(other.Id, other.Owner, cancellationToken));
}

internal sealed class InMemoryWalletReader(WalletTable table) : IWalletReader
{
    public Task<WalletView?> FindAsync(WalletId id, UserId owner, CancellationToken cancellationToken) =>
        Task.FromResult(Row(id, owner)?.View);

    public Task<IReadOnlyList<WalletView>> ListAsync(
        UserId owner, WalletId? after, int limit, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<WalletView>>(
        [
            .. table.Committed.Values.Where(row => row.Owner == owner)
                .Select(row => row.View)
                .Where(view => after is not { } last || view.Id.CompareTo(last.Value) < 0)
                .OrderByDescending(view => view.Id)
                .Take(limit),
        ]);

    public Task<IReadOnlyList<EntryView>?> ListEntriesAsync(
        WalletId id, UserId owner, EntryId? after, int limit, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<EntryView>?>(Row(id, owner) is not { } row ? null :
        [
            .. row.Entries.Where(entry => after is not { } last || entry.Id.CompareTo(last.Value) < 0)
                .OrderByDescending(entry => entry.Id)
                .Take(limit),
        ]);

    private (UserId Owner, WalletView View, IReadOnlyList<EntryView> Entries)? Row(WalletId id, UserId owner) =>
        table.Committed.TryGetValue(id, out var row) && row.Owner == owner ? row : null;
}
