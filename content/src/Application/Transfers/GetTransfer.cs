using Acme.Service.Domain.Common;
using Acme.Service.Domain.Transfers;
using Acme.Service.Domain.Wallets;
using ErrorOr;
using Mediator;

namespace Acme.Service.Application.Transfers;

public sealed record GetTransfer(UserId Owner, TransferId Transfer) : IQuery<ErrorOr<TransferView>>;

internal sealed class GetTransferHandler(ITransferReader transfers) : IQueryHandler<GetTransfer, ErrorOr<TransferView>>
{
    public async ValueTask<ErrorOr<TransferView>> Handle(GetTransfer query, CancellationToken cancellationToken) =>
        await transfers.FindAsync(query.Transfer, query.Owner, cancellationToken) is { } view
            ? view
            : TransferErrors.NotFound(query.Transfer);
}
