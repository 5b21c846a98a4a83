using Acme.Service.Domain.Common;
using Acme.Service.Domain.Wallets;
using CsCheck;

namespace Acme.Service.Domain.Tests.Wallets;

public sealed class WalletTests
{
    private static readonly UserId Alice = UserId.FromSubject("alice");
    private static readonly Currency Euro = Currency.From("EUR").Value;
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Fact]
    public void A_new_wallet_is_empty_and_of_its_first_version()
    {
        var wallet = Wallet.Open(Alice, Euro, Now);

        Assert.Equal((Alice, Euro, Now), (wallet.Owner, wallet.Currency, wallet.OpenedAt));
        Assert.Equal((0, 1), (wallet.Balance, wallet.Version));
        Assert.Empty(wallet.NewEntries);
    }

    [Fact]
    public void A_wallet_and_its_entries_are_in_their_owners_bucket() => Gen.String[1, 40].Sample(subject =>
    {
        var owner = UserId.FromSubject($"user {subject}");
        var wallet = Wallet.Open(owner, Euro, Now);
        var entry = wallet.Deposit(new Money(1, Euro), Now).Value;

        Assert.Equal(owner.Bucket, wallet.Id.Bucket);
        Assert.Equal(owner.Bucket, Uuid8.BucketOf(entry.Id.Value));
    });

    [Fact]
    public void A_deposit_raises_balance_and_version_and_leaves_an_entry()
    {
        var wallet = Wallet.Open(Alice, Euro, Now);

        var entry = wallet.Deposit(new Money(1050, Euro), Now.AddSeconds(1)).Value;

        Assert.Equal((1050, 2), (wallet.Balance, wallet.Version));
        Assert.Same(entry, Assert.Single(wallet.NewEntries));
        Assert.Equal((wallet.Id, EntryKind.Deposit, 1050, 1050), (entry.WalletId, entry.Kind, entry.Amount, entry.Balance));
        Assert.Equal(Now.AddSeconds(1), entry.CreatedAt);
    }

    /// <summary>Amounts come from both sides of every limit, so that some are refused.</summary>
    [Fact]
    public void The_balance_is_the_sum_of_the_entries_and_never_above_the_limit() =>
        Gen.OneOf(
                Gen.Long[-2, 2],
                Gen.Long[1, 1_000_000],
                Gen.Long[Wallet.Limit / 3, Wallet.Limit],
                Gen.Long[Wallet.Limit - 2, Wallet.Limit + 2],
                Gen.Long)
            .Array[0, 20]
            .Sample(amounts =>
            {
                var wallet = Wallet.Open(Alice, Euro, Now);
                var running = 0L;
                foreach (var amount in amounts)
                {
                    if (wallet.Deposit(new Money(amount, Euro), Now) is { IsError: false, Value: var entry })
                    {
                        running += amount;
                        Assert.Equal((amount, running), (entry.Amount, entry.Balance));
                    }

                    Assert.Equal(running, wallet.Balance);
                }

                Assert.Equal(wallet.Balance, wallet.NewEntries.Sum(entry => entry.Amount));
                Assert.Equal(wallet.Version, wallet.NewEntries.Count + 1);
                Assert.InRange(wallet.Balance, 0, Wallet.Limit);
            });

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(Wallet.Limit + 1)]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    public void An_amount_out_of_range_is_refused(long amount)
    {
        var wallet = Wallet.Open(Alice, Euro, Now);

        Assert.Equal(WalletErrors.AmountOutOfRange, wallet.Deposit(new Money(amount, Euro), Now).FirstError);
        AssertUntouched(wallet);
    }

    [Fact]
    public void A_wallet_can_be_filled_to_the_limit_and_no_further()
    {
        var wallet = Wallet.Open(Alice, Euro, Now);
        Assert.False(wallet.Deposit(new Money(Wallet.Limit, Euro), Now).IsError);

        Assert.Equal(WalletErrors.LimitExceeded, wallet.Deposit(new Money(1, Euro), Now).FirstError);
        Assert.Equal((Wallet.Limit, 2), (wallet.Balance, wallet.Version));
        Assert.Single(wallet.NewEntries);
    }

    [Fact]
    public void A_deposit_in_another_currency_is_refused()
    {
        var wallet = Wallet.Open(Alice, Euro, Now);
        var yen = Currency.From("JPY").Value;

        var refused = wallet.Deposit(new Money(100, yen), Now).FirstError;

        Assert.Equal(WalletErrors.CurrencyMismatch(Euro, yen), refused);
        AssertUntouched(wallet);
    }

    [Fact]
    public void Entries_sort_by_id_in_the_order_of_their_time() =>
        Gen.Int[1, 1_000_000].Sample(milliseconds =>
        {
            var wallet = Wallet.Open(Alice, Euro, Now);
            var first = wallet.Deposit(new Money(1, Euro), Now).Value;
            var second = wallet.Deposit(new Money(1, Euro), Now.AddMilliseconds(milliseconds)).Value;
            return first.Id < second.Id && second.Id > first.Id;
        });

    private static void AssertUntouched(Wallet wallet)
    {
        Assert.Equal((0, 1), (wallet.Balance, wallet.Version));
        Assert.Empty(wallet.NewEntries);
    }
}
