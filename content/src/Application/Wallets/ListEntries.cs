using Domain.Wallets;

namespace Application.Wallets;

/// <param name="After">The <see cref="Page{T}.Next"/> of the page before; null for the newest entries.</param>
public sealed record ListEntries(UserId Owner, WalletId Wallet, EntryId? After, int Limit)
    : IQuery<ErrorOr<Page<EntryView>>>;

internal sealed class ListEntriesValidator : AbstractValidator<ListEntries>
{
    public ListEntriesValidator() => RuleFor(q => q.Limit).IsPageLimit();
}

internal sealed class ListEntriesHandler(IWalletReader wallets) : IQueryHandler<ListEntries, ErrorOr<Page<EntryView>>>
{
    public async ValueTask<ErrorOr<Page<EntryView>>> Handle(ListEntries query, CancellationToken cancellationToken)
    {
        var rows = await wallets.ListEntriesAsync(
            query.Wallet, query.Owner, query.After, query.Limit + 1, cancellationToken);
        return rows is null
            ? WalletErrors.NotFound(query.Wallet)
            : Page.Cut(rows, query.Limit, entry => entry.Id);
    }
}
