using System.Text.Json.Serialization;
using Application.Payees;
using Domain.Payees;
using Domain.Wallets;
using Platform.Caching;

namespace Infrastructure.Payees;

internal sealed class PayeeReader(DirectoryReader directory, CacheReader cache) : IPayeeReader
{
    private static readonly Func<DirectoryContext, Handle, CancellationToken, Task<VersionedPayee?>> Find = EF.CompileAsyncQuery(
        (DirectoryContext context, Handle handle, CancellationToken _) => context.Set<Payee>()
            .Where(p => p.Handle == handle)
            .Select(p => new VersionedPayee(p.WalletId.Value, EF.Property<long>(p, PayeeConfiguration.Version)))
            .SingleOrDefault());

    public Task<PayeeView?> FindAsync(Handle handle, CancellationToken cancellationToken) =>
        cache.GetAsync(CachedPayees.Kind, handle.Value, primary => LoadAsync(handle, primary), cancellationToken);

    /// <summary>Others may wait for it, so it is not cancelled with the request.</summary>
    private async Task<Loaded<PayeeView>> LoadAsync(Handle handle, bool primary)
    {
        var (row, seen) = await directory.ReadAsync(
            context => Find(context, handle, CancellationToken.None),
            onPrimary: primary ? "cache is ahead" : null,
            CancellationToken.None);
        return new(row is null ? null : new PayeeView(handle.Value, row.Wallet), row?.Version ?? 0, seen);
    }

    private sealed record VersionedPayee(Guid Wallet, long Version);
}

/// <summary>By handle. An unknown handle is cached as well.</summary>
internal static class CachedPayees
{
    public static CachedKind<PayeeView> Kind { get; } = new(DatabaseNames.Directory, "payee", PayeeJson.Default.PayeeView);
}

[JsonSerializable(typeof(PayeeView))]
internal sealed partial class PayeeJson : JsonSerializerContext;

internal sealed class PayeeLookup(DirectoryReader directory, ShardReader shards) : IPayeeLookup
{
    private static readonly Func<DirectoryContext, Handle, CancellationToken,
    Task<PayeeAccount?>> ByHandle = EF.CompileAsyncQuery(
        (DirectoryContext context, Handle handle, CancellationToken _) => context.Set<Payee>()
            .Where(p => p.Handle == handle)
            .Select(p => new PayeeAccount(p.Owner, p.WalletId))
            .SingleOrDefault());

    [Sql(typeof(Guid), Columns = [typeof(Guid)])]
    private const string OwnerOf = "SELECT wallet_owner({0}) AS \"Value\"";

    public async Task<PayeeAccount?> FindAsync(Handle handle, CancellationToken cancellationToken) => (await directory.ReadAsync(
        context => ByHandle(context, handle, cancellationToken), onPrimary: "", cancellationToken)).Row;

    public async Task<PayeeAccount?> FindAsync(WalletId wallet, CancellationToken cancellationToken)
    {
        // No user has the id of a wallet, so no row is visible; the function answers on the shard of the wallet's bucket.
        var owner = await shards.ReadPrimaryAsync(
            new UserId(wallet.Value),
            context => context.Database.SqlQueryRaw<Guid?>(OwnerOf, wallet.Value)
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
