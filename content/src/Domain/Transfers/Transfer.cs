using Domain.Wallets;

namespace Domain.Transfers;

/// <summary>Money on its way from one wallet to another. It belongs to the user who pays.</summary>
public sealed class Transfer
{
    private Transfer(
        TransferId id,
        UserId owner,
        WalletId walletId,
        UserId payeeId,
        WalletId payeeWalletId,
        long amount,
        Currency currency,
        TransferStatus status,
        string? voidCode,
        string? voidReason,
        DateTimeOffset createdAt,
        DateTimeOffset? endedAt)
    {
        (Id, Owner, WalletId, PayeeId, PayeeWalletId) = (id, owner, walletId, payeeId, payeeWalletId);
        (Amount, Currency) = (amount, currency);
        (Status, VoidCode, VoidReason) = (status, voidCode, voidReason);
        (CreatedAt, EndedAt) = (createdAt, endedAt);
    }

    public TransferId Id { get; }

    /// <summary>Who pays.</summary>
    public UserId Owner { get; }

    /// <summary>The payer's wallet.</summary>
    public WalletId WalletId { get; }

    public UserId PayeeId { get; }

    public WalletId PayeeWalletId { get; }

    /// <summary>Minor units of <see cref="Currency"/>.</summary>
    public long Amount { get; }

    public Currency Currency { get; }

    public DateTimeOffset CreatedAt { get; }

    public Money Money => new(Amount, Currency);

    public TransferState State => Status switch
    {
        TransferStatus.Reserved => new TransferState.Reserved(CreatedAt),
        TransferStatus.Posted => new TransferState.Posted(EndedAt!.Value),
        TransferStatus.Voided => new TransferState.Voided(VoidCode!, VoidReason!, EndedAt!.Value),
        _ => throw new InvalidOperationException($"Transfer {Id} has the unknown status {Status}."),
    };

    // The state as it is stored; only End changes it.
    public TransferStatus Status { get; private set; }

    public string? VoidCode { get; private set; }

    public string? VoidReason { get; private set; }

    public DateTimeOffset? EndedAt { get; private set; }

    /// <summary>Between two wallets in one unit of work: the payee has the money at once.</summary>
    public static ErrorOr<Transfer> MakeAtOnce(Wallet from, Wallet to, Money money, DateTimeOffset now)
    {
        if (from.Id == to.Id)
        {
            return TransferErrors.SameWallet;
        }

        var transfer = Start(from, to.Owner, to.Id, money, now);
        transfer.End(new TransferState.Reserved(now).Post(now));
        return from.Send(money, to, transfer.Id, now).Then(_ => transfer);
    }

    /// <summary>To a wallet elsewhere: the money is set aside until it is known whether the payee gets it.</summary>
    public static ErrorOr<Transfer> Reserve(
        Wallet from, UserId payee, WalletId payeeWallet, Money money, DateTimeOffset now)
    {
        if (from.Id == payeeWallet)
        {
            return TransferErrors.SameWallet;
        }

        var transfer = Start(from, payee, payeeWallet, money, now);
        return from.Reserve(money, transfer.Id, now).Then(_ => transfer);
    }

    /// <param name="end">Only the present state can make one.</param>
    public void End(TransferState.Ended end)
    {
        EndedAt = end.At;
        Status = TransferStatus.Posted;
        if (end is TransferState.Voided voided)
        {
            (Status, VoidCode, VoidReason) = (TransferStatus.Voided, voided.Code, voided.Reason);
        }
    }

    private static Transfer Start(Wallet from, UserId payee, WalletId payeeWallet, Money money, DateTimeOffset now) => new(
        TransferId.New(from.Owner, now),
        from.Owner,
        from.Id,
        payee,
        payeeWallet,
        money.Amount,
        money.Currency,
        TransferStatus.Reserved,
        voidCode: null,
        voidReason: null,
        createdAt: now,
        endedAt: null);
}
