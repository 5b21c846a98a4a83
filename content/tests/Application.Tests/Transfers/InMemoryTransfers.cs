using Application.Transfers;
using Domain.Transfers;
using Domain.Wallets;

namespace Application.Tests.Transfers;

/// <summary>The stored transfers. What a reader sees is copied from them at each commit.</summary>
internal sealed class TransferTable
{
    public Dictionary<TransferId, Transfer> Transfers { get; } = [];

    public Dictionary<TransferId, (UserId Owner, TransferView View)> Committed { get; } = [];

    public void Store(Transfer transfer)
    {
        Transfers[transfer.Id] = transfer;
        Committed[transfer.Id] = (transfer.Owner, TransferView.Of(transfer));
    }
}

internal sealed class InMemoryTransferRepository(TransferTable table, InMemoryUnitOfWork unitOfWork) : ITransferRepository
{
    public Task AddAsync(Transfer transfer, CancellationToken cancellationToken)
    {
        unitOfWork.Enlist(() => table.Store(transfer));
        return Task.CompletedTask;
    }

    public Task<Transfer?> FindAsync(TransferId id, UserId owner, CancellationToken cancellationToken)
    {
        var transfer = table.Transfers.TryGetValue(id, out var found) && found.Owner == owner ? found : null;
        if (transfer is not null)
        {
            unitOfWork.Enlist(() => table.Store(transfer));
        }

        return Task.FromResult(transfer);
    }
}

internal sealed class InMemoryTransferReader(TransferTable table) : ITransferReader
{
    public Task<TransferView?> FindAsync(TransferId id, UserId owner, CancellationToken cancellationToken) =>
        Task.FromResult(table.Committed.TryGetValue(id, out var row) && row.Owner == owner ? row.View : null);

    public Task<IReadOnlyList<TransferView>> ListAsync(
        UserId owner, TransferId? after, int limit, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<TransferView>>(
        [
            .. table.Committed.Values.Where(row => row.Owner == owner)
                .Select(row => row.View)
                .Where(view => after is not { } last || view.Id.CompareTo(last.Value) < 0)
                .OrderByDescending(view => view.Id)
                .Take(limit),
        ]);
}
