using Domain.Wallets;
using ErrorOr;

namespace Domain.Tests.Wallets;

public sealed class WalletTests
{
    private static readonly UserId Alice = UserId.Of("https://a.test", "alice");
    private static readonly UserId Bob = UserId.Of("https://a.test", "bob");
    private static readonly Currency Euro = Currency.From("EUR").Value;
    private static readonly Currency Yen = Currency.From("JPY").Value;
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly TransferId Transfer = TransferId.New(Alice, Now);

    /// <summary>What brings money in or out on the wish of a user, on a wallet and another one.</summary>
    public static readonly TheoryData<string> Movements = ["deposit", "send", "receive", "reserve", "credit"];

    [Fact]
    public void A_new_wallet_is_empty_active_and_of_its_first_version()
    {
        var wallet = Wallet.Open(Alice, Euro, Now);

        Assert.Equal((Alice, Euro, Now), (wallet.Owner, wallet.Currency, wallet.OpenedAt));
        Assert.Equal((0, 0, WalletStatus.Active, 1), (wallet.Balance, wallet.Pending, wallet.Status, wallet.Version));
        Assert.Empty(wallet.NewEntries);
    }

    [Fact]
    public void A_wallet_and_its_entries_are_in_their_owners_bucket() => Gen.String[1, 40].Sample(subject =>
    {
        var owner = UserId.Of("https://a.test", $"user {subject}");
        var wallet = Wallet.Open(owner, Euro, Now);
        wallet.Deposit(Euros(1), Now);

        Assert.Equal(owner.Bucket, wallet.Id.Bucket);
        Assert.All(wallet.NewEntries, entry =>
        {
            Assert.Equal((owner, owner.Bucket), (entry.Owner, Uuid8.BucketOf(entry.Id.Value)));
            Assert.Equal(owner.Bucket, entry.TransferId.Bucket);
        });
    });

    [Fact]
    public void A_deposit_raises_balance_and_version_and_comes_from_outside()
    {
        var wallet = Wallet.Open(Alice, Euro, Now);

        wallet.Deposit(Euros(1050), Now.AddSeconds(1));

        Assert.Equal((1050, 0, 2), (wallet.Balance, wallet.Pending, wallet.Version));
        Assert.Equal([(LedgerAccount.Outside, -1050L, null), (LedgerAccount.Balance, 1050, 1050L)], Legs(wallet));
        Assert.All(wallet.NewEntries, entry => Assert.Equal(
            (wallet.Id, EntryKind.Deposit, Now.AddSeconds(1)), (entry.WalletId, entry.Kind, entry.CreatedAt)));
        Assert.Single(wallet.NewEntries.Select(entry => entry.TransferId).Distinct());
    }

    [Fact]
    public void Two_deposits_are_two_movements()
    {
        var wallet = WalletWith(1);
        wallet.Deposit(Euros(1), Now);

        Assert.Equal(2, wallet.NewEntries.Select(entry => entry.TransferId).Distinct().Count());
    }

    [Fact]
    public void What_is_sent_leaves_one_wallet_and_is_in_the_other()
    {
        var (payer, payee) = (WalletWith(100), WalletWith(5, Bob));

        Assert.False(payer.Send(Euros(30), payee, Transfer, Now).IsError);

        Assert.Equal((70, 0, 3), (payer.Balance, payer.Pending, payer.Version));
        Assert.Equal((35, 0, 3), (payee.Balance, payee.Pending, payee.Version));
        Assert.Equal((LedgerAccount.Balance, -30, 70), Legs(payer)[^1]);
        Assert.Equal((LedgerAccount.Balance, 30, 35), Legs(payee)[^1]);
        Assert.Equal((Transfer, EntryKind.Send), (payer.NewEntries[^1].TransferId, payer.NewEntries[^1].Kind));
        Assert.Equal((Transfer, EntryKind.Receive), (payee.NewEntries[^1].TransferId, payee.NewEntries[^1].Kind));
    }

    [Fact]
    public void What_is_reserved_cannot_be_spent_and_is_posted_or_comes_back()
    {
        var wallet = WalletWith(100);

        Assert.False(wallet.Reserve(Euros(60), Transfer, Now).IsError);
        Assert.Equal((40, 60), (wallet.Balance, wallet.Pending));
        Assert.Equal([(LedgerAccount.Balance, -60, 40L), (LedgerAccount.Pending, 60, 60L)], Legs(wallet)[^2..]);
        Assert.Equal("Wallet.InsufficientFunds", wallet.Reserve(Euros(41), Transfer, Now).FirstError.Code);

        wallet.Post(Euros(20), Transfer, Now);
        Assert.Equal((40, 40), (wallet.Balance, wallet.Pending));
        Assert.Equal([(LedgerAccount.Pending, -20, 40L), (LedgerAccount.Clearing, 20, null)], Legs(wallet)[^2..]);

        wallet.Release(Euros(40), Transfer, Now);
        Assert.Equal((80, 0), (wallet.Balance, wallet.Pending));
        Assert.Equal([(LedgerAccount.Pending, -40, 0L), (LedgerAccount.Balance, 40, 80L)], Legs(wallet)[^2..]);
    }

    [Fact]
    public void A_credit_comes_out_of_clearing()
    {
        var wallet = Wallet.Open(Bob, Euro, Now);

        Assert.False(wallet.Credit(Euros(30), Transfer, Now).IsError);

        Assert.Equal([(LedgerAccount.Clearing, -30L, null), (LedgerAccount.Balance, 30, 30L)], Legs(wallet));
        Assert.All(wallet.NewEntries, entry => Assert.Equal((Transfer, EntryKind.Receive), (entry.TransferId, entry.Kind)));
    }

    [Fact]
    public void What_is_not_reserved_can_neither_be_posted_nor_released()
    {
        var wallet = WalletWith(100);
        wallet.Reserve(Euros(10), Transfer, Now);

        Assert.Throws<InvalidOperationException>(() => wallet.Post(Euros(11), Transfer, Now));
        Assert.Throws<InvalidOperationException>(() => wallet.Release(Euros(11), Transfer, Now));
        Assert.Throws<InvalidOperationException>(() => wallet.Release(Euros(-1), Transfer, Now));
        Assert.Throws<InvalidOperationException>(() => wallet.Release(new Money(1, Yen), Transfer, Now));
        Assert.Equal((90, 10), (wallet.Balance, wallet.Pending));
    }

    [Theory]
    [MemberData(nameof(Movements))]
    public void An_amount_out_of_range_is_refused(string movement) =>
        Gen.OneOf(Gen.Long[long.MinValue, 0], Gen.Long[Wallet.Limit + 1, long.MaxValue]).Sample(amount =>
            AssertRefused(WalletWith(100), movement, Euros(amount), WalletErrors.AmountOutOfRange));

    [Theory]
    [InlineData("deposit")]
    [InlineData("send")]
    [InlineData("reserve")]
    public void An_amount_in_another_currency_is_refused(string movement) => AssertRefused(
        WalletWith(100), movement, new Money(1, Yen), WalletErrors.CurrencyMismatch(Euro, Yen));

    [Fact]
    public void A_payees_wallet_of_another_currency_takes_nothing()
    {
        AssertRefused(WalletWith(100), "credit", new Money(1, Yen), WalletErrors.PayeeCurrencyMismatch(Euro, Yen));

        var (payer, payee) = (WalletWith(100), Wallet.Open(Bob, Yen, Now));
        Assert.Equal(
            WalletErrors.PayeeCurrencyMismatch(Yen, Euro), payer.Send(Euros(1), payee, Transfer, Now).FirstError);
        Assert.Equal((100, 0), (payer.Balance, payee.Balance));
    }

    [Theory]
    [InlineData("send")]
    [InlineData("reserve")]
    public void All_can_be_spent_and_no_more(string movement)
    {
        AssertRefused(WalletWith(100), movement, Euros(101), WalletErrors.InsufficientFunds(Euros(100)));
        Assert.False(Move(WalletWith(100), movement, Euros(100)).IsError);
    }

    [Fact]
    public void A_wallet_can_be_filled_to_the_limit_and_no_further()
    {
        AssertRefused(WalletWith(Wallet.Limit), "deposit", Euros(1), WalletErrors.LimitExceeded);
        AssertRefused(WalletWith(Wallet.Limit), "receive", Euros(1), WalletErrors.PayeeLimitExceeded);
        AssertRefused(WalletWith(Wallet.Limit), "credit", Euros(1), WalletErrors.PayeeLimitExceeded);
        Assert.False(WalletWith(Wallet.Limit - 1).Deposit(Euros(1), Now).IsError);
    }

    [Fact]
    public void Reserved_money_counts_for_the_limit_so_that_it_fits_when_it_comes_back()
    {
        var wallet = WalletWith(Wallet.Limit);
        wallet.Reserve(Euros(10), Transfer, Now);

        AssertRefused(wallet, "deposit", Euros(1), WalletErrors.LimitExceeded);

        wallet.Release(Euros(10), Transfer, Now);
        Assert.Equal(Wallet.Limit, wallet.Balance);
    }

    [Fact]
    public void Entries_sort_by_id_in_the_order_of_the_versions_whatever_the_clock_says() =>
        Gen.Int[-1_000_000, 1_000_000].Sample(milliseconds =>
    {
        var wallet = WalletWith(1);
        wallet.Deposit(Euros(1), Now.AddMilliseconds(milliseconds));
        var balances = wallet.NewEntries.Where(entry => entry.Account == LedgerAccount.Balance).ToArray();
        return balances[0].Id.Value.CompareTo(balances[1].Id.Value) < 0
            && balances.Select(entry => entry.Id.Version).SequenceEqual(balances.Select(entry => entry.Version));
    });

    /// <summary>Refused, and nothing is changed by it.</summary>
    private static void AssertRefused(Wallet wallet, string movement, Money money, Error error)
    {
        var before = (wallet.Balance, wallet.Pending, wallet.Version, wallet.NewEntries.Count);

        Assert.Equal(error, Move(wallet, movement, money).FirstError);

        Assert.Equal(before, (wallet.Balance, wallet.Pending, wallet.Version, wallet.NewEntries.Count));
    }

    private static ErrorOr<Success> Move(Wallet wallet, string movement, Money money) => movement switch
    {
        "deposit" => wallet.Deposit(money, Now),
        "send" => wallet.Send(money, Wallet.Open(Bob, Euro, Now), Transfer, Now),
        "receive" => WalletWith(Wallet.Limit, Bob).Send(money, wallet, Transfer, Now),
        "reserve" => wallet.Reserve(money, Transfer, Now),
        _ => wallet.Credit(money, Transfer, Now),
    };

    private static (LedgerAccount Account, long Amount, long? Balance)[] Legs(Wallet wallet) =>
        [.. wallet.NewEntries.Select(entry => (entry.Account, entry.Amount, entry.Balance))];

    private static Wallet WalletWith(long amount, UserId? owner = null)
    {
        var wallet = Wallet.Open(owner ?? Alice, Euro, Now);
        Assert.False(wallet.Deposit(Euros(amount), Now).IsError);
        return wallet;
    }

    private static Money Euros(long cents) => new(cents, Euro);
}
