using Acme.Service.Application.Idempotency;
using Acme.Service.Domain.Common;
using Acme.Service.Domain.Wallets;
using ErrorOr;
using FluentValidation;
using Mediator;

namespace Acme.Service.Application.Wallets;

/// <param name="Amount">Minor units of the currency.</param>
public sealed record DepositMoney(UserId Owner, WalletId Wallet, long Amount, string Currency, string IdempotencyKey)
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
        return wallet is null
            ? WalletErrors.NotFound(command.Wallet)
            : wallet.Deposit(new Money(command.Amount, currency.Value), clock.GetUtcNow()).Then(_ => WalletView.Of(wallet));
    }
}
