using Domain.Wallets;

namespace Application.Wallets;

/// <summary>Freezes, unfreezes or closes a wallet. Transfers that are under way end as they would have.</summary>
public sealed record SetWalletStatus(UserId Owner, WalletId Wallet, WalletStatus Status) : ICommand<ErrorOr<WalletView>>;

internal sealed class SetWalletStatusHandler(IWalletRepository wallets) : ICommandHandler<SetWalletStatus, ErrorOr<WalletView>>
{
    public async ValueTask<ErrorOr<WalletView>> Handle(SetWalletStatus command, CancellationToken cancellationToken)
    {
        var wallet = await wallets.FindAsync(command.Wallet, command.Owner, cancellationToken);
        if (wallet is null)
        {
            return WalletErrors.NotFound(command.Wallet);
        }

        var changed = command.Status switch
        {
            WalletStatus.Frozen => wallet.Freeze(),
            WalletStatus.Closed => wallet.Close(),
            _ => wallet.Unfreeze(),
        };
        return changed.Then(_ => WalletView.Of(wallet));
    }
}
