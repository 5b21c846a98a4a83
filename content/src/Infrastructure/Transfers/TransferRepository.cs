using System.Runtime.CompilerServices;
using Application.Transfers;
using Domain.Transfers;
using Domain.Wallets;
using static Platform.RowSecurity.Pipeline;

namespace Infrastructure.Transfers;

/// <summary>By plain SQL, since every payment comes here. What a transfer has become is written with COMMIT.</summary>
internal sealed class TransferRepository(ShardWriter writer) : ITransferRepository
{
    private const string Columns =
        "id, owner_id, wallet_id, payee_id, payee_wallet_id, amount, currency, status, void_code, void_reason, "
        + "created_at, ended_at";

    [Sql(typeof(Guid), typeof(Guid), Columns = [
        typeof(Guid), typeof(Guid), typeof(Guid), typeof(Guid), typeof(Guid), typeof(long), typeof(string), typeof(short),
        typeof(string), typeof(string), typeof(DateTimeOffset), typeof(DateTimeOffset)])]
    private const string LockSql = $"SELECT {Columns} FROM transfers WHERE owner_id = $1 AND id = $2 FOR UPDATE";

    [Sql(
        typeof(Guid), typeof(Guid), typeof(Guid), typeof(Guid), typeof(Guid), typeof(long), typeof(string), typeof(short),
        typeof(string), typeof(string), typeof(DateTimeOffset), typeof(DateTimeOffset))]
    private const string InsertSql =
        $"INSERT INTO transfers ({Columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";

    /// <summary>Divides by zero when the transfer has ended before.</summary>
    [Sql(
        typeof(Guid), typeof(Guid), typeof(short), typeof(short), typeof(string), typeof(string), typeof(DateTimeOffset),
        Columns = [typeof(long)])]
    private const string EndSql = """
        WITH ended AS (
            UPDATE transfers SET status = $4, void_code = $5, void_reason = $6, ended_at = $7
            WHERE owner_id = $1 AND id = $2 AND status = $3 RETURNING 1
        )
        SELECT 1 / count(*) FROM ended
        """;

    public async Task AddAsync(Transfer transfer, CancellationToken cancellationToken)
    {
        var context = await writer.JoinAsync(transfer.Owner, cancellationToken);
        writer.OnCommitting(() => context.Pipeline!.Add(
            InsertSql, Value(transfer.Id.Value), Value(transfer.Owner.Value), Value(transfer.WalletId.Value),
            Value(transfer.PayeeId.Value), Value(transfer.PayeeWalletId.Value), Value(transfer.Amount),
            Value(transfer.Currency.Code), Value((short)transfer.Status), Value(transfer.VoidCode), Value(transfer.VoidReason),
            Value(transfer.CreatedAt), Value(transfer.EndedAt)));
    }

    public async Task<Transfer?> FindAsync(TransferId id, UserId owner, CancellationToken cancellationToken)
    {
        var context = await writer.JoinAsync(owner, cancellationToken);
        var found = await context.QueryAsync(LockSql, Read, cancellationToken, Value(owner.Value), Value(id.Value));
        if (found is not [var transfer])
        {
            return null;
        }

        var loaded = transfer.Status;
        writer.OnCommitting(() =>
        {
            if (transfer.Status != loaded)
            {
                context.Pipeline!.Add(
                    EndSql, Value(owner.Value), Value(id.Value), Value((short)loaded), Value((short)transfer.Status),
                    Value(transfer.VoidCode), Value(transfer.VoidReason), Value(transfer.EndedAt));
            }
        });
        return transfer;
    }

    private static Transfer Read(NpgsqlDataReader row) => Stored(
        new(row.GetGuid(0)),
        new(row.GetGuid(1)),
        new(row.GetGuid(2)),
        new(row.GetGuid(3)),
        new(row.GetGuid(4)),
        row.GetInt64(5),
        Currency.Stored(row.GetString(6)),
        (TransferStatus)row.GetInt16(7),
        row.IsDBNull(8) ? null : row.GetString(8),
        row.IsDBNull(9) ? null : row.GetString(9),
        row.GetFieldValue<DateTimeOffset>(10),
        row.GetFieldValue<DateTimeOffset?>(11));

    /// <summary>The constructor that the domain keeps to itself, and EF Core uses as well.</summary>
    [UnsafeAccessor(UnsafeAccessorKind.Constructor)]
    private static extern Transfer Stored(
        TransferId id, UserId owner, WalletId walletId, UserId payeeId, WalletId payeeWalletId, long amount, Currency currency,
        TransferStatus status, string? voidCode, string? voidReason, DateTimeOffset createdAt, DateTimeOffset? endedAt);
}
