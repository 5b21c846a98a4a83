using Application.Wallets;
using Domain.Common;
using Domain.Wallets;
using Infrastructure.Persistence;
using Infrastructure.Sharding;
using Microsoft.EntityFrameworkCore;

namespace Infrastructure.Wallets;

internal sealed class WalletRepository(ShardWriter writer) : IWalletRepository
{
    private const string Columns = "id, owner_id, currency, balance, pending, status, version, opened_at";

    [Sql(typeof(Guid), typeof(Guid), Row = typeof(Wallet))]
    private const string LockOne = $"SELECT {Columns} FROM wallets WHERE id = {{0}} AND owner_id = {{1}} FOR UPDATE";

    /// <summary>In one order, so that two transfers between the same wallets do not wait for each other.</summary>
    [Sql(typeof(Guid), typeof(Guid), typeof(Guid), typeof(Guid), Row = typeof(Wallet))]
    private const string LockBoth = $$"""
        SELECT {{Columns}} FROM wallets WHERE (id, owner_id) IN (({0}, {1}), ({2}, {3})) ORDER BY id FOR UPDATE
        """;

    public async Task AddAsync(Wallet wallet, CancellationToken cancellationToken)
    {
        var context = await writer.JoinAsync(wallet.Owner, cancellationToken);
        context.Add(wallet);
    }

    public async Task<Wallet?> FindAsync(WalletId id, UserId owner, CancellationToken cancellationToken)
    {
        var context = await writer.JoinAsync(owner, cancellationToken);
        return await context.Set<Wallet>()
            .FromSqlRaw(LockOne, id.Value, owner.Value)
            .SingleOrDefaultAsync(cancellationToken);
    }

    public async Task<(Wallet? One, Wallet? Other)> FindBothAsync(
        (WalletId Id, UserId Owner) one, (WalletId Id, UserId Owner) other, CancellationToken cancellationToken)
    {
        await writer.JoinAsync(one.Owner, cancellationToken);
        var context = await writer.JoinAsync(other.Owner, cancellationToken);
        var wallets = await context.Set<Wallet>()
            .FromSqlRaw(LockBoth, one.Id.Value, one.Owner.Value, other.Id.Value, other.Owner.Value)
            .ToListAsync(cancellationToken);
        return (wallets.Find(w => w.Id == one.Id), wallets.Find(w => w.Id == other.Id));
    }
}
