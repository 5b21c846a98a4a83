using Application.Realtime;
using Domain.Common;
using Domain.Wallets;

namespace Application.Wallets;

/// <summary>What a wallet's owner is told of, besides what is in their requests' answers.</summary>
public static class WalletEvents
{
    public const string Deposit = "deposit";
    public const string MoneySent = "money-sent";
    public const string MoneyReceived = "money-received";
    public const string TransferReserved = "transfer-reserved";
    public const string TransferSettled = "transfer-settled";
    public const string TransferVoided = "transfer-voided";

    /// <summary>Tells the wallet's owner how the wallet is now.</summary>
    internal static Task PublishAsync(
        this IEvents events, string type, Wallet wallet, TransferId? transfer, Money money, CancellationToken cancellationToken) =>
        events.PublishAsync(
            wallet.Owner,
            type,
            new WalletEvent(wallet.Id.Value, transfer?.Value, money.Amount, money.Currency.Code, wallet.Balance, wallet.Version),
            cancellationToken);
}

/// <param name="Wallet">The one of the user's wallets that it is about.</param>
/// <param name="Transfer">Null for a deposit.</param>
/// <param name="Amount">Minor units of the currency.</param>
/// <param name="Balance">What can be spent from now on.</param>
/// <param name="Version">Of the wallet, which a read that knows of this is not below.</param>
public sealed record WalletEvent(Guid Wallet, Guid? Transfer, long Amount, string Currency, long Balance, long Version);
