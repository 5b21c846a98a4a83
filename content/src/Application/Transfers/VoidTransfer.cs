using Application.Wallets;
using Domain.Wallets;

namespace Application.Transfers;

/// <summary>
/// The compensation of <see cref="TransferSaga"/>: gives the payer the money back. Like a post, it is never refused.
/// </summary>
internal sealed record VoidTransfer(UserId Payer, TransferId Transfer, Error Why) : ICommand<ErrorOr<Success>>;

internal sealed class VoidTransferHandler(
    ITransferRepository transfers, IWalletRepository wallets, TimeProvider clock)
    : ICommandHandler<VoidTransfer, ErrorOr<Success>>
{
    public async ValueTask<ErrorOr<Success>> Handle(VoidTransfer command, CancellationToken cancellationToken)
    {
        var (transfer, reserved) = await transfers.FindReservedAsync(command.Transfer, command.Payer, cancellationToken);
        var wallet = await wallets.FindPayersAsync(transfer, cancellationToken);

        wallet.Release(transfer.Money, transfer.Id, clock.Now());
        transfer.End(reserved.Void(command.Why, clock.Now()));
        return Result.Success;
    }
}
