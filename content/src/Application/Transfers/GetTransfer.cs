using Domain.Transfers;
using Domain.Wallets;

namespace Application.Transfers;

public sealed record GetTransfer(UserId Owner, TransferId Transfer) : IQuery<ErrorOr<TransferView>>;

internal sealed class GetTransferHandler(ITransferReader transfers) : IQueryHandler<GetTransfer, ErrorOr<TransferView>>
{
    public async ValueTask<ErrorOr<TransferView>> Handle(GetTransfer query, CancellationToken cancellationToken) =>
        await transfers.FindAsync(query.Transfer, query.Owner, cancellationToken) is { } view
            ? view
            : TransferErrors.NotFound(query.Transfer);
}
