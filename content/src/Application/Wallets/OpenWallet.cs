using Domain.Wallets;

namespace Application.Wallets;

public sealed record OpenWallet(UserId Owner, string Currency) : ICommand<ErrorOr<WalletView>>;

internal sealed class OpenWalletValidator : AbstractValidator<OpenWallet>
{
    public OpenWalletValidator() => RuleFor(c => c.Currency).Length(3);
}

internal sealed class OpenWalletHandler(IWalletRepository wallets, TimeProvider clock)
    : ICommandHandler<OpenWallet, ErrorOr<WalletView>>
{
    public async ValueTask<ErrorOr<WalletView>> Handle(OpenWallet command, CancellationToken cancellationToken)
    {
        var currency = Currency.From(command.Currency);
        if (currency.IsError)
        {
            return currency.Errors;
        }

        var wallet = Wallet.Open(command.Owner, currency.Value, clock.Now());
        await wallets.AddAsync(wallet, cancellationToken);
        return WalletView.Of(wallet);
    }
}
