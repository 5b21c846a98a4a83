using Domain.Wallets;

namespace Domain.Tests.Wallets;

/// <summary>What the owner of a wallet is told of.</summary>
public sealed class WalletEventTests
{
    private static readonly UserId Alice = UserId.Of("issuer", "alice");
    private static readonly UserId Bob = UserId.Of("issuer", "bob");
    private static readonly Currency Euro = Currency.From("EUR").Value;
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly TransferId Transfer = TransferId.New(Alice, Now);

    [Fact]
    public void Every_movement_of_money_is_told_once_with_balance_and_version_after_it()
    {
        var wallet = Wallet.Open(Alice, Euro, Now);
        var payee = Wallet.Open(Bob, Euro, Now);
        wallet.Deposit(Euros(100), Now);
        wallet.Send(Euros(10), payee, Transfer, Now);
        wallet.Reserve(Euros(20), Transfer, Now);
        wallet.Post(Euros(5), Transfer, Now);
        wallet.Release(Euros(15), Transfer, Now);
        wallet.Credit(Euros(1), Transfer, Now);

        Assert.Equal(
            [
                Told(WalletEvent.Deposit, 100, balance: 100, version: 2) with { Transfer = null },
                Told(WalletEvent.MoneySent, 10, balance: 90, version: 3),
                Told(WalletEvent.TransferReserved, 20, balance: 70, version: 4),
                Told(WalletEvent.TransferSettled, 5, balance: 70, version: 5),
                Told(WalletEvent.TransferVoided, 15, balance: 85, version: 6),
                Told(WalletEvent.MoneyReceived, 1, balance: 86, version: 7),
            ],
            wallet.NewEvents);
        Assert.Equal(
            [Told(WalletEvent.MoneyReceived, 10, balance: 10, version: 2) with { Owner = Bob, Wallet = payee.Id.Value }],
            payee.NewEvents);

        WalletEvent Told(string type, long amount, long balance, long version) =>
            new(Alice, type, wallet.Id.Value, Transfer.Value, amount, "EUR", balance, version);
    }

    [Fact]
    public void What_is_refused_is_not_told()
    {
        var wallet = Wallet.Open(Alice, Euro, Now);

        Assert.True(wallet.Reserve(Euros(1), Transfer, Now).IsError);
        Assert.True(wallet.Deposit(new Money(0, Euro), Now).IsError);
        Assert.Empty(wallet.NewEvents);
    }

    private static Money Euros(long amount) => new(amount, Euro);
}
