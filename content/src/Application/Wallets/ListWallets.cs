using Domain.Wallets;

namespace Application.Wallets;

/// <param name="After">The <see cref="Page{T}.Next"/> of the page before; null for the newest wallets.</param>
public sealed record ListWallets(UserId Owner, WalletId? After, int Limit) : IQuery<ErrorOr<Page<WalletView>>>;

internal sealed class ListWalletsValidator : AbstractValidator<ListWallets>
{
    public ListWalletsValidator() => RuleFor(q => q.Limit).IsPageLimit();
}

internal sealed class ListWalletsHandler(IWalletReader wallets) : IQueryHandler<ListWallets, ErrorOr<Page<WalletView>>>
{
    public async ValueTask<ErrorOr<Page<WalletView>>> Handle(ListWallets query, CancellationToken cancellationToken)
    {
        var rows = await wallets.ListAsync(query.Owner, query.After, query.Limit + 1, cancellationToken);
        return Page.Cut(rows, query.Limit, wallet => wallet.Id);
    }
}
