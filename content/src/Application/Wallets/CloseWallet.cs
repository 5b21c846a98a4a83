using Domain.Wallets;

namespace Application.Wallets;

/// <summary>For good, and only when the wallet is empty.</summary>
public sealed record CloseWallet(UserId Owner, WalletId Wallet) : ICommand<ErrorOr<WalletView>>;

internal sealed class CloseWalletHandler(IWalletRepository wallets) : ICommandHandler<CloseWallet, ErrorOr<WalletView>>
{
    public async ValueTask<ErrorOr<WalletView>> Handle(CloseWallet command, CancellationToken cancellationToken)
    {
        var wallet = await wallets.FindAsync(command.Wallet, command.Owner, cancellationToken);
        return wallet is null
            ? WalletErrors.NotFound(command.Wallet)
            : wallet.Close().Then(_ => WalletView.Of(wallet));
    }
}
