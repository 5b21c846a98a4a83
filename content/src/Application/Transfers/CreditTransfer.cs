using Acme.Service.Application.Wallets;
using Acme.Service.Domain.Common;
using Acme.Service.Domain.Wallets;
using ErrorOr;
using Mediator;

namespace Acme.Service.Application.Transfers;

/// <summary>A step of <see cref="TransferSaga"/>. What it is refused for is told to the payer.</summary>
internal sealed record CreditTransfer(UserId Payee, WalletId Wallet, TransferId Transfer, long Amount, string Currency)
    : ICommand<ErrorOr<Success>>;

internal sealed class CreditTransferHandler(IWalletRepository wallets, TimeProvider clock)
    : ICommandHandler<CreditTransfer, ErrorOr<Success>>
{
    public async ValueTask<ErrorOr<Success>> Handle(CreditTransfer command, CancellationToken cancellationToken)
    {
        var wallet = await wallets.FindAsync(command.Wallet, command.Payee, cancellationToken);
        return wallet is null
            ? WalletErrors.PayeeGone
            : Currency.From(command.Currency).Then(currency =>
                wallet.Credit(new Money(command.Amount, currency), command.Transfer, clock.GetUtcNow()));
    }
}
