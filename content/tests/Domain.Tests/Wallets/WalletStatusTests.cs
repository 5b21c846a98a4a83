using Domain.Wallets;
using ErrorOr;

namespace Domain.Tests.Wallets;

public sealed class WalletStatusTests
{
    private static readonly Currency Euro = Currency.From("EUR").Value;
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly UserId Alice = UserId.Of("https://a.test", "alice");
    private static readonly TransferId Transfer = TransferId.New(Alice, Now);
    private static readonly Money One = new(1, Euro);

    [Fact]
    public void A_frozen_wallet_neither_gives_nor_takes()
    {
        var wallet = WalletWith(10);
        wallet.Freeze();

        AssertStill(wallet, WalletErrors.Frozen, WalletErrors.PayeeFrozen);
    }

    [Fact]
    public void A_closed_wallet_neither_gives_nor_takes()
    {
        var wallet = Wallet.Open(Alice, Euro, Now);
        wallet.Close();

        AssertStill(wallet, WalletErrors.Closed, WalletErrors.PayeeClosed);
    }

    [Fact]
    public void Money_moves_again_when_the_wallet_is_no_longer_frozen()
    {
        var wallet = WalletWith(10);
        wallet.Freeze();
        wallet.Unfreeze();

        Assert.Equal(WalletStatus.Active, wallet.Status);
        Assert.False(wallet.Reserve(One, Transfer, Now).IsError);
    }

    [Fact]
    public void What_is_reserved_ends_in_a_frozen_wallet_as_it_would_have()
    {
        var wallet = WalletWith(10);
        wallet.Reserve(new Money(4, Euro), Transfer, Now);
        wallet.Freeze();

        wallet.Post(One, Transfer, Now);
        wallet.Release(new Money(3, Euro), Transfer, Now);

        Assert.Equal((9, 0), (wallet.Balance, wallet.Pending));
    }

    [Fact]
    public void A_wallet_is_closed_only_when_it_is_empty_and_nothing_is_reserved()
    {
        var wallet = WalletWith(10);
        Assert.Equal(WalletErrors.NotEmpty, wallet.Close().FirstError);

        wallet.Reserve(new Money(10, Euro), Transfer, Now);
        Assert.Equal(WalletErrors.NotEmpty, wallet.Close().FirstError);

        wallet.Post(new Money(10, Euro), Transfer, Now);
        Assert.False(wallet.Close().IsError);
        Assert.Equal(WalletStatus.Closed, wallet.Status);
    }

    [Fact]
    public void A_closed_wallet_stays_closed()
    {
        var wallet = Wallet.Open(Alice, Euro, Now);
        wallet.Close();

        Assert.Equal(WalletErrors.Closed, wallet.Freeze().FirstError);
        Assert.Equal(WalletErrors.Closed, wallet.Unfreeze().FirstError);
        Assert.Equal(WalletStatus.Closed, wallet.Status);
    }

    [Fact]
    public void An_empty_frozen_wallet_can_be_closed()
    {
        var wallet = Wallet.Open(Alice, Euro, Now);
        wallet.Freeze();

        Assert.False(wallet.Close().IsError);
    }

    [Fact]
    public void A_change_of_status_raises_the_version_and_asking_twice_does_not()
    {
        var wallet = Wallet.Open(Alice, Euro, Now);

        Assert.Equal([1, 2, 2, 3, 3, 4, 4], [Version(wallet.Unfreeze()), Version(wallet.Freeze()), Version(wallet.Freeze()),
            Version(wallet.Unfreeze()), Version(wallet.Unfreeze()), Version(wallet.Close()), Version(wallet.Close())]);

        long Version(ErrorOr<Success> change)
        {
            Assert.False(change.IsError);
            return wallet.Version;
        }
    }

    private static void AssertStill(Wallet wallet, Error own, Error asPayee)
    {
        var before = (wallet.Balance, wallet.Pending, wallet.Version);
        var other = WalletWith(10);

        Assert.Equal(own, wallet.Deposit(One, Now).FirstError);
        Assert.Equal(own, wallet.Send(One, other, Transfer, Now).FirstError);
        Assert.Equal(own, wallet.Reserve(One, Transfer, Now).FirstError);
        Assert.Equal(asPayee, other.Send(One, wallet, Transfer, Now).FirstError);
        Assert.Equal(asPayee, wallet.Credit(One, Transfer, Now).FirstError);

        Assert.Equal(before, (wallet.Balance, wallet.Pending, wallet.Version));
        Assert.Equal(10, other.Balance);
    }

    private static Wallet WalletWith(long amount)
    {
        var wallet = Wallet.Open(Alice, Euro, Now);
        Assert.False(wallet.Deposit(new Money(amount, Euro), Now).IsError);
        return wallet;
    }
}
