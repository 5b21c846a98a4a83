using Domain.Wallets;

namespace Application.Transfers;

/// <param name="After">The <see cref="Page{T}.Next"/> of the page before; null for the newest transfers.</param>
public sealed record ListTransfers(UserId Owner, TransferId? After, int Limit) : IQuery<ErrorOr<Page<TransferView>>>;

internal sealed class ListTransfersValidator : AbstractValidator<ListTransfers>
{
    public ListTransfersValidator() => RuleFor(q => q.Limit).IsPageLimit();
}

internal sealed class ListTransfersHandler(ITransferReader transfers)
    : IQueryHandler<ListTransfers, ErrorOr<Page<TransferView>>>
{
    public async ValueTask<ErrorOr<Page<TransferView>>> Handle(ListTransfers query, CancellationToken cancellationToken)
    {
        var rows = await transfers.ListAsync(query.Owner, query.After, query.Limit + 1, cancellationToken);
        return Page.Cut(rows, query.Limit, transfer => transfer.Id);
    }
}
