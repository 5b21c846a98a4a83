using Application.Wallets;
using Domain.Transfers;
using Domain.Wallets;

namespace Application.Transfers;

/// <summary>
/// What the first step of a saga has stored for the steps that end it. Something else than that is a fault of the program,
/// so it is thrown and not answered: an answer would make the saga take back what may have been done for good.
/// </summary>
internal static class PayersSide
{
    /// <exception cref="InvalidOperationException">The transfer is not there, or has ended before.</exception>
    public static async Task<(Transfer Transfer, TransferState.Reserved State)> FindReservedAsync(
        this ITransferRepository transfers, TransferId id, UserId payer, CancellationToken cancellationToken)
    {
        var transfer = await transfers.FindAsync(id, payer, cancellationToken)
            ?? throw new InvalidOperationException($"Transfer {id} is not there.");
        return transfer.State is TransferState.Reserved reserved
            ? (transfer, reserved)
            : throw new InvalidOperationException($"Transfer {id} has ended before: {transfer.State}.");
    }

    /// <exception cref="InvalidOperationException">The wallet is not there.</exception>
    public static async Task<Wallet> FindPayersAsync(
        this IWalletRepository wallets, Transfer transfer, CancellationToken cancellationToken) =>
        await wallets.FindAsync(transfer.WalletId, transfer.Owner, cancellationToken)
        ?? throw new InvalidOperationException($"Wallet {transfer.WalletId} of transfer {transfer.Id} is not there.");
}
