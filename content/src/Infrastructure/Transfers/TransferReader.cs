using Application.Transfers;
using Domain.Transfers;
using Domain.Wallets;

namespace Infrastructure.Transfers;

internal sealed class TransferReader(ShardReader shards) : ITransferReader
{
    private static readonly Func<ShardContext, UserId, TransferId, CancellationToken, Task<Transfer?>> One = EF.CompileAsyncQuery(
        (ShardContext context, UserId owner, TransferId id, CancellationToken _) => context.Set<Transfer>().AsNoTracking()
            .SingleOrDefault(t => t.Owner == owner && t.Id == id));

    private static readonly Func<ShardContext, UserId, TransferId, int,
    IAsyncEnumerable<Transfer>> Several = EF.CompileAsyncQuery(
        (ShardContext context, UserId owner, TransferId before, int limit) => context.Set<Transfer>().AsNoTracking()
            .Where(t => t.Owner == owner && t.Id < before)
            .OrderByDescending(t => t.Id)
            .Take(limit));

    public Task<TransferView?> FindAsync(TransferId id, UserId owner, CancellationToken cancellationToken) => shards.ReadAsync(
        owner,
        async context => await One(context, owner, id, cancellationToken) is { } transfer ? TransferView.Of(transfer) : null,
        cancellationToken);

    public Task<IReadOnlyList<TransferView>> ListAsync(
        UserId owner, TransferId? after, int limit, CancellationToken cancellationToken) =>
            shards.ReadAsync<IReadOnlyList<TransferView>>(
        owner,
        async context => await Several(context, owner, after ?? new(Guid.AllBitsSet), limit).Select(TransferView.Of)
            .ToListAsync(cancellationToken),
        cancellationToken);
}
