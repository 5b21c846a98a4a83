using System.Runtime.CompilerServices;
using Application.Wallets;
using Domain.Wallets;
using Platform.RowSecurity;
using static Platform.RowSecurity.Pipeline;

namespace Infrastructure.Wallets;

/// <summary>By plain SQL, since every payment comes here. What a wallet has become is written with COMMIT.</summary>
internal sealed class WalletRepository(ShardWriter writer) : IWalletRepository
{
    private const string Columns = "id, owner_id, currency, balance, pending, status, version, opened_at";

    [Sql(
        typeof(Guid), typeof(Guid),
        Columns = [
            typeof(Guid), typeof(Guid), typeof(string), typeof(long), typeof(long), typeof(short), typeof(long),
            typeof(DateTimeOffset)])]
    private const string LockOneSql = $"SELECT {Columns} FROM wallets WHERE id = $1 AND owner_id = $2 FOR UPDATE";

    /// <summary>In one order, so that two transfers between the same wallets do not wait for each other.</summary>
    [Sql(
        typeof(Guid), typeof(Guid), typeof(Guid), typeof(Guid),
        Columns = [
            typeof(Guid), typeof(Guid), typeof(string), typeof(long), typeof(long), typeof(short), typeof(long),
            typeof(DateTimeOffset)])]
    private const string LockBothSql = $"""
        SELECT {Columns} FROM wallets WHERE (id, owner_id) IN (($1, $2), ($3, $4)) ORDER BY id FOR UPDATE
        """;

    [Sql(
        typeof(Guid), typeof(Guid), typeof(string), typeof(long), typeof(long), typeof(short), typeof(long),
        typeof(DateTimeOffset))]
    private const string InsertSql = $"INSERT INTO wallets ({Columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

    /// <summary>Divides by zero when the wallet is not as it was loaded.</summary>
    [Sql(typeof(Guid), typeof(Guid), typeof(long), typeof(long), typeof(long), typeof(short), typeof(long),
        Columns = [typeof(long)])]
    private const string UpdateSql = """
        WITH updated AS (
            UPDATE wallets SET balance = $4, pending = $5, status = $6, version = $7
            WHERE id = $1 AND owner_id = $2 AND version = $3 RETURNING 1
        )
        SELECT 1 / count(*) FROM updated
        """;

    [Sql(
        typeof(Guid), typeof(Guid), typeof(short), typeof(long), typeof(Guid), typeof(Guid), typeof(short), typeof(long),
        typeof(long), typeof(DateTimeOffset))]
    private const string InsertEntrySql = """
        INSERT INTO entries (owner_id, wallet_id, account, version, id, transfer_id, kind, amount, balance, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """;

    public async Task AddAsync(Wallet wallet, CancellationToken cancellationToken)
    {
        var context = await writer.JoinAsync(wallet.Owner, cancellationToken);
        writer.Track(wallet);
        writer.OnCommitting(() =>
        {
            context.Pipeline!.Add(
                InsertSql, Value(wallet.Id.Value), Value(wallet.Owner.Value), Value(wallet.Currency.Code), Value(wallet.Balance),
                Value(wallet.Pending), Value((short)wallet.Status), Value(wallet.Version), Value(wallet.OpenedAt));
            AddEntries(context.Pipeline, wallet);
        });
    }

    public async Task<Wallet?> FindAsync(WalletId id, UserId owner, CancellationToken cancellationToken)
    {
        var context = await writer.JoinAsync(owner, cancellationToken);
        var wallets = await context.QueryAsync(LockOneSql, Read, cancellationToken, Value(id.Value), Value(owner.Value));
        return Track(context, wallets).SingleOrDefault();
    }

    public async Task<(Wallet? One, Wallet? Other)> FindBothAsync(
        (WalletId Id, UserId Owner) one, (WalletId Id, UserId Owner) other, CancellationToken cancellationToken)
    {
        await writer.JoinAsync(one.Owner, cancellationToken);
        var context = await writer.JoinAsync(other.Owner, cancellationToken);
        var wallets = Track(context, await context.QueryAsync(
            LockBothSql, Read, cancellationToken,
            Value(one.Id.Value), Value(one.Owner.Value), Value(other.Id.Value), Value(other.Owner.Value)));
        return (wallets.Find(w => w.Id == one.Id), wallets.Find(w => w.Id == other.Id));
    }

    private List<Wallet> Track(ShardContext context, List<Wallet> wallets)
    {
        foreach (var wallet in wallets)
        {
            var loaded = wallet.Version;
            writer.Track(wallet);
            writer.OnCommitting(() => Save(context.Pipeline!, wallet, loaded));
        }

        return wallets;
    }

    private static void Save(Pipeline pipeline, Wallet wallet, long loaded)
    {
        if (wallet.Version != loaded)
        {
            pipeline.Add(
                UpdateSql, Value(wallet.Id.Value), Value(wallet.Owner.Value), Value(loaded), Value(wallet.Balance),
                Value(wallet.Pending), Value((short)wallet.Status), Value(wallet.Version));
            AddEntries(pipeline, wallet);
        }
    }

    private static void AddEntries(Pipeline pipeline, Wallet wallet)
    {
        foreach (var entry in wallet.NewEntries)
        {
            pipeline.Add(
                InsertEntrySql, Value(entry.Owner.Value), Value(entry.WalletId.Value), Value((short)entry.Account),
                Value(entry.Version), Value(entry.Id.Value), Value(entry.TransferId.Value), Value((short)entry.Kind),
                Value(entry.Amount), Value(entry.Balance), Value(entry.CreatedAt));
        }
    }

    private static Wallet Read(NpgsqlDataReader row) => Stored(
        new(row.GetGuid(0)),
        new(row.GetGuid(1)),
        Currency.Stored(row.GetString(2)),
        row.GetInt64(3),
        row.GetInt64(4),
        (WalletStatus)row.GetInt16(5),
        row.GetInt64(6),
        row.GetFieldValue<DateTimeOffset>(7));

    /// <summary>The constructor that the domain keeps to itself, and EF Core uses as well.</summary>
    [UnsafeAccessor(UnsafeAccessorKind.Constructor)]
    private static extern Wallet Stored(
        WalletId id, UserId owner, Currency currency, long balance, long pending, WalletStatus status, long version,
        DateTimeOffset openedAt);
}
