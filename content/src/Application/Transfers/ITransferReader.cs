using Domain.Transfers;
using Domain.Wallets;

namespace Application.Transfers;

/// <summary>Money that was sent to a payee.</summary>
/// <param name="Id">Of the transfer.</param>
/// <param name="From">The payer's wallet.</param>
/// <param name="To">The payee's wallet.</param>
/// <param name="Amount">Minor units of the currency.</param>
/// <param name="Currency">Code of ISO 4217.</param>
/// <param name="Status">Where the transfer is.</param>
/// <param name="Reason">Why the payee did not get the money, when it is voided.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="EndedAt">When it was posted or voided; null until then.</param>
public sealed record TransferView(
    Guid Id,
    Guid From,
    Guid To,
    long Amount,
    string Currency,
    TransferStatus Status,
    VoidReason? Reason,
    DateTimeOffset CreatedAt,
    DateTimeOffset? EndedAt)
{
    public static TransferView Of(Transfer transfer) => new(
        transfer.Id.Value,
        transfer.WalletId.Value,
        transfer.PayeeWalletId.Value,
        transfer.Amount,
        transfer.Currency.Code,
        transfer.Status,
        transfer.VoidCode is { } code ? new VoidReason(code, transfer.VoidReason!) : null,
        transfer.CreatedAt,
        transfer.EndedAt);
}

/// <summary>Why a transfer was voided.</summary>
/// <param name="Code">For programs.</param>
/// <param name="Text">For the user who pays.</param>
public sealed record VoidReason(string Code, string Text);

/// <summary>What users have paid; what they have received is in the entries of their wallets.</summary>
public interface ITransferReader : IReadPort
{
    Task<TransferView?> FindAsync(TransferId id, UserId owner, CancellationToken cancellationToken);

    /// <summary>Newest first: what is older than <paramref name="after"/>, at most <paramref name="limit"/> rows.</summary>
    Task<IReadOnlyList<TransferView>> ListAsync(
        UserId owner, TransferId? after, int limit, CancellationToken cancellationToken);
}
