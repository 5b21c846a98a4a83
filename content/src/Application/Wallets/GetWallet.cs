using Domain.Wallets;

namespace Application.Wallets;

public sealed record GetWallet(UserId Owner, WalletId Wallet) : IQuery<ErrorOr<WalletView>>;

internal sealed class GetWalletHandler(IWalletReader wallets) : IQueryHandler<GetWallet, ErrorOr<WalletView>>
{
    public async ValueTask<ErrorOr<WalletView>> Handle(GetWallet query, CancellationToken cancellationToken) =>
        await wallets.FindAsync(query.Wallet, query.Owner, cancellationToken) is { } view
            ? view
            : WalletErrors.NotFound(query.Wallet);
}
