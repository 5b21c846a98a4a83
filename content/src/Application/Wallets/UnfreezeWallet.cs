using Domain.Wallets;

namespace Application.Wallets;

/// <summary>Ends what <see cref="FreezeWallet"/> began.</summary>
public sealed record UnfreezeWallet(UserId Owner, WalletId Wallet) : ICommand<ErrorOr<WalletView>>;

internal sealed class UnfreezeWalletHandler(IWalletRepository wallets) : ICommandHandler<UnfreezeWallet, ErrorOr<WalletView>>
{
    public async ValueTask<ErrorOr<WalletView>> Handle(UnfreezeWallet command, CancellationToken cancellationToken)
    {
        var wallet = await wallets.FindAsync(command.Wallet, command.Owner, cancellationToken);
        return wallet is null
            ? WalletErrors.NotFound(command.Wallet)
            : wallet.Unfreeze().Then(_ => WalletView.Of(wallet));
    }
}
