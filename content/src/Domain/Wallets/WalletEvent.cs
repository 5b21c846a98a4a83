namespace Domain.Wallets;

/// <summary>Money of a wallet has moved, or is set aside.</summary>
/// <param name="Owner">Of the wallet.</param>
/// <param name="Type">How it has moved: one of the constants.</param>
/// <param name="Wallet">The wallet.</param>
/// <param name="Transfer">Null for a deposit.</param>
/// <param name="Amount">Minor units of the currency.</param>
/// <param name="Currency">Code of ISO 4217.</param>
/// <param name="Balance">What can be spent from now on, in minor units.</param>
/// <param name="Version">Of the wallet. A read that knows of this event is not below it.</param>
public sealed record WalletEvent(
    UserId Owner, string Type, Guid Wallet, Guid? Transfer, long Amount, string Currency, long Balance, long Version)
        : IDomainEvent
{
    public const string Deposit = "deposit";
    public const string MoneySent = "money-sent";
    public const string MoneyReceived = "money-received";
    public const string TransferReserved = "transfer-reserved";
    public const string TransferSettled = "transfer-settled";
    public const string TransferVoided = "transfer-voided";
}
