using Application.Wallets;
using Domain.Wallets;

namespace Application.Transfers;

/// <summary>A step of <see cref="TransferSaga"/>. What it is refused for is told to the payer.</summary>
internal sealed record CreditTransfer(UserId Payee, WalletId Wallet, TransferId Transfer, long Amount, string Currency)
    : ICommand<ErrorOr<Success>>;

internal sealed class CreditTransferHandler(IWalletRepository wallets, TimeProvider clock)
    : ICommandHandler<CreditTransfer, ErrorOr<Success>>
{
    public async ValueTask<ErrorOr<Success>> Handle(CreditTransfer command, CancellationToken cancellationToken)
    {
        var wallet = await wallets.FindAsync(command.Wallet, command.Payee, cancellationToken);
        if (wallet is null)
        {
            return WalletErrors.PayeeGone;
        }

        var money = new Money(command.Amount, Currency.Stored(command.Currency));
        return wallet.Credit(money, command.Transfer, clock.Now());
    }
}
