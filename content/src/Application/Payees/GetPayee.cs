using Domain.Payees;

namespace Application.Payees;

public sealed record GetPayee(string Handle) : IQuery<ErrorOr<PayeeView>>;

internal sealed class GetPayeeHandler(IPayeeReader payees) : IQueryHandler<GetPayee, ErrorOr<PayeeView>>
{
    public async ValueTask<ErrorOr<PayeeView>> Handle(GetPayee query, CancellationToken cancellationToken)
    {
        var handle = Domain.Payees.Handle.From(query.Handle);
        if (handle.IsError)
        {
            return handle.Errors;
        }

        return await payees.FindAsync(handle.Value, cancellationToken) is { } view
            ? view
            : PayeeErrors.NotFound(query.Handle);
    }
}
