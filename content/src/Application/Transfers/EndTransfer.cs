using Application.Wallets;
using Domain.Transfers;
using Domain.Wallets;

namespace Application.Transfers;

/// <summary>
/// The last step of <see cref="TransferSaga"/>, or the compensation of its first. Anything unexpected is thrown and not
/// answered: an error would make the saga undo what may have been done for good.
/// </summary>
/// <param name="Refusal">Null posts the transfer; else it is voided and the payer gets the money back.</param>
internal sealed record EndTransfer(UserId Payer, TransferId Transfer, Error? Refusal) : ICommand<ErrorOr<Success>>;

internal sealed class EndTransferHandler(ITransferRepository transfers, IWalletRepository wallets, TimeProvider clock)
    : ICommandHandler<EndTransfer, ErrorOr<Success>>
{
    public async ValueTask<ErrorOr<Success>> Handle(EndTransfer command, CancellationToken cancellationToken)
    {
        var transfer = await transfers.FindAsync(command.Transfer, command.Payer, cancellationToken)
            ?? throw new InvalidOperationException($"Transfer {command.Transfer} does not exist.");
        var reserved = transfer.State as TransferState.Reserved
            ?? throw new InvalidOperationException($"Transfer {transfer.Id} has already ended: {transfer.State}.");
        var wallet = await wallets.FindAsync(transfer.WalletId, transfer.Owner, cancellationToken)
            ?? throw new InvalidOperationException($"Wallet {transfer.WalletId} of transfer {transfer.Id} does not exist.");

        if (command.Refusal is { } refusal)
        {
            wallet.Release(transfer.Money, transfer.Id, clock.Now());
            transfer.End(reserved.Void(refusal, clock.Now()));
        }
        else
        {
            wallet.Post(transfer.Money, transfer.Id, clock.Now());
            transfer.End(reserved.Post(clock.Now()));
        }

        return Result.Success;
    }
}
