using Application.Wallets;
using Domain.Wallets;

namespace Application.Transfers;

/// <summary>
/// A step of <see cref="TransferSaga"/>, after its pivot, so it is never refused: what should not be, it throws.
/// </summary>
internal sealed record PostTransfer(UserId Payer, TransferId Transfer) : ICommand<ErrorOr<Success>>;

internal sealed class PostTransferHandler(
    ITransferRepository transfers, IWalletRepository wallets, TimeProvider clock)
    : ICommandHandler<PostTransfer, ErrorOr<Success>>
{
    public async ValueTask<ErrorOr<Success>> Handle(PostTransfer command, CancellationToken cancellationToken)
    {
        var (transfer, reserved) = await transfers.FindReservedAsync(command.Transfer, command.Payer, cancellationToken);
        var wallet = await wallets.FindPayersAsync(transfer, cancellationToken);

        wallet.Post(transfer.Money, transfer.Id, clock.Now());
        transfer.End(reserved.Post(clock.Now()));
        return Result.Success;
    }
}
