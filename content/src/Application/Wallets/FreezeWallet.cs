using Domain.Wallets;

namespace Application.Wallets;

/// <summary>No money goes in or out until the owner ends it. Transfers that are under way end as they would have.</summary>
public sealed record FreezeWallet(UserId Owner, WalletId Wallet) : ICommand<ErrorOr<WalletView>>;

internal sealed class FreezeWalletHandler(IWalletRepository wallets) : ICommandHandler<FreezeWallet, ErrorOr<WalletView>>
{
    public async ValueTask<ErrorOr<WalletView>> Handle(FreezeWallet command, CancellationToken cancellationToken)
    {
        var wallet = await wallets.FindAsync(command.Wallet, command.Owner, cancellationToken);
        return wallet is null
            ? WalletErrors.NotFound(command.Wallet)
            : wallet.Freeze().Then(_ => WalletView.Of(wallet));
    }
}
