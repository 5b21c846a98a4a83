using Application.Idempotency;
using Domain.Wallets;

namespace Application.Wallets;

/// <param name="Amount">Minor units of the currency.</param>
public sealed record DepositMoney(UserId Owner, WalletId Wallet, long Amount, string Currency, RequestKey Key)
    : ICommand<ErrorOr<WalletView>>, IIdempotentCommand;

internal sealed class DepositMoneyValidator : AbstractValidator<DepositMoney>
{
    public DepositMoneyValidator()
    {
        RuleFor(c => c.Amount).InclusiveBetween(1, Domain.Wallets.Wallet.Limit);
        RuleFor(c => c.Currency).Length(3);
    }
}

internal sealed class DepositMoneyHandler(IWalletRepository wallets, TimeProvider clock)
    : ICommandHandler<DepositMoney, ErrorOr<WalletView>>
{
    public async ValueTask<ErrorOr<WalletView>> Handle(DepositMoney command, CancellationToken cancellationToken)
    {
        var currency = Currency.From(command.Currency);
        if (currency.IsError)
        {
            return currency.Errors;
        }

        var wallet = await wallets.FindAsync(command.Wallet, command.Owner, cancellationToken);
        if (wallet is null)
        {
            return WalletErrors.NotFound(command.Wallet);
        }

        var money = new Money(command.Amount, currency.Value);
        var deposit = wallet.Deposit(money, clock.Now());
        if (deposit.IsError)
        {
            return deposit.Errors;
        }

        return WalletView.Of(wallet);
    }
}
