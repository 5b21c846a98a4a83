using Application.Idempotency;
using Application.Payees;
using Domain.Wallets;

namespace Application.Transfers;

/// <summary>
/// Sends money to a payee. A request and not a command: it looks the payee up, in another database than the payer's, and
/// only then sends the command that begins the unit of work.
/// </summary>
/// <param name="To">The payee's handle, or the id of a wallet.</param>
/// <param name="Amount">Minor units of the currency.</param>
public sealed record MakeTransfer(
    UserId Owner, WalletId From, string To, long Amount, string Currency, RequestKey Key)
    : IRequest<ErrorOr<TransferView>>;

internal sealed class MakeTransferValidator : AbstractValidator<MakeTransfer>
{
    public MakeTransferValidator()
    {
        RuleFor(c => c.To).NotEmpty();
        RuleFor(c => c.Amount).InclusiveBetween(1, Wallet.Limit);
        RuleFor(c => c.Currency).Length(3);
    }
}

internal sealed class MakeTransferHandler(IPayeeLookup payees, ISender sender)
    : IRequestHandler<MakeTransfer, ErrorOr<TransferView>>
{
    public async ValueTask<ErrorOr<TransferView>> Handle(MakeTransfer request, CancellationToken cancellationToken)
    {
        PayeeAccount? payee;
        if (Guid.TryParseExact(request.To, "D", out var wallet))
        {
            payee = await payees.FindAsync(new WalletId(wallet), cancellationToken);
        }
        else
        {
            var handle = Domain.Payees.Handle.From(request.To);
            if (handle.IsError)
            {
                return handle.Errors;
            }

            payee = await payees.FindAsync(handle.Value, cancellationToken);
        }

        return await sender.Send(new TransferMoney(request, payee), cancellationToken);
    }
}
