using Application.Sagas;
using Domain.Transfers;
using Domain.Wallets;

namespace Application.Transfers;

/// <param name="From">The payer's wallet.</param>
/// <param name="To">The payee's wallet.</param>
/// <param name="Amount">Minor units of the currency.</param>
public sealed record TransferData(Guid Transfer, Guid Payer, Guid From, Guid Payee, Guid To, long Amount, string Currency)
{
    internal TransferId TransferId => new(Transfer);

    internal UserId PayerId => new(Payer);

    internal UserId PayeeId => new(Payee);

    internal static TransferData Of(Transfer transfer) => new(
        transfer.Id.Value,
        transfer.Owner.Value,
        transfer.WalletId.Value,
        transfer.PayeeId.Value,
        transfer.PayeeWalletId.Value,
        transfer.Amount,
        transfer.Currency.Code);
}

/// <summary>
/// A transfer between two shards: reserve on the payer's, credit on the payee's, then post on the payer's. The credit is
/// the pivot: refused, the payer gets the money back; done, there is only the way forward.
/// </summary>
public sealed class TransferSaga : Saga<TransferData>
{
    public override string Name => "transfer";

    public override IReadOnlyList<SagaStep<TransferData>> Steps { get; } =
    [
        new(
            "reserve",
            data => data.PayerId,
            Effect: null,
            Compensation: (data, why) => new EndTransfer(data.PayerId, data.TransferId, why)),
        new(
            "credit",
            data => data.PayeeId,
            data => new CreditTransfer(data.PayeeId, new WalletId(data.To), data.TransferId, data.Amount, data.Currency)),
        new(
            "post",
            data => data.PayerId,
            data => new EndTransfer(data.PayerId, data.TransferId, Refusal: null)),
    ];
}
