using Application.Idempotency;
using Application.Payees;
using Application.Sagas;
using Application.Wallets;
using Domain.Payees;
using Domain.Transfers;
using Domain.Wallets;

namespace Application.Transfers;

/// <summary>The part of <see cref="MakeTransfer"/> that changes something.</summary>
/// <param name="Payee">
/// Null when there is none. When the request is repeated the handle may belong to another user, or be free, and the answer is
/// still the one that was given.
/// </param>
internal sealed record TransferMoney(MakeTransfer Request, PayeeAccount? Payee)
    : ICommand<ErrorOr<TransferView>>, IIdempotentCommand
{
    public UserId Owner => Request.Owner;

    public RequestKey Key => Request.Key;
}

internal sealed class TransferMoneyHandler(
    IUnitOfWork unitOfWork, IWalletRepository wallets, ITransferRepository transfers, ISagas sagas, TimeProvider clock)
    : ICommandHandler<TransferMoney, ErrorOr<TransferView>>
{
    public async ValueTask<ErrorOr<TransferView>> Handle(TransferMoney command, CancellationToken cancellationToken)
    {
        var currency = Currency.From(command.Request.Currency);
        if (currency.IsError)
        {
            return currency.Errors;
        }

        if (command.Payee is not { } payee)
        {
            return PayeeErrors.NotFound(command.Request.To);
        }

        var money = new Money(command.Request.Amount, currency.Value);
        var transfer = await unitOfWork.CanHoldAsync(command.Owner, payee.Owner, cancellationToken)
            ? await MakeAtOnceAsync(command.Request, payee, money, cancellationToken)
            : await ReserveAsync(command.Request, payee, money, cancellationToken);
        if (transfer.IsError)
        {
            return transfer.Errors;
        }

        await transfers.AddAsync(transfer.Value, cancellationToken);
        return TransferView.Of(transfer.Value);
    }

    private async Task<ErrorOr<Transfer>> MakeAtOnceAsync(
        MakeTransfer request, PayeeAccount payee, Money money, CancellationToken cancellationToken)
    {
        var (from, to) = await wallets.FindBothAsync(
            (request.From, request.Owner), (payee.Wallet, payee.Owner), cancellationToken);
        if (from is null || to is null)
        {
            return from is null ? WalletErrors.NotFound(request.From) : WalletErrors.PayeeGone;
        }

        return Transfer.MakeAtOnce(from, to, money, clock.Now());
    }

    private async Task<ErrorOr<Transfer>> ReserveAsync(
        MakeTransfer request, PayeeAccount payee, Money money, CancellationToken cancellationToken)
    {
        var from = await wallets.FindAsync(request.From, request.Owner, cancellationToken);
        if (from is null)
        {
            return WalletErrors.NotFound(request.From);
        }

        var transfer = Transfer.Reserve(from, payee.Owner, payee.Wallet, money, clock.Now());
        if (!transfer.IsError)
        {
            await sagas.StartAsync<TransferSaga, TransferData>(
                transfer.Value.Id.Value, request.Owner, TransferData.Of(transfer.Value), cancellationToken);
        }

        return transfer;
    }
}
