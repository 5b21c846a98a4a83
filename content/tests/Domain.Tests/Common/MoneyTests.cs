namespace Domain.Tests.Common;

public sealed class MoneyTests
{
    private static readonly Currency Euro = Currency.From("EUR").Value;
    private static readonly Currency Yen = Currency.From("JPY").Value;

    [Fact]
    public void What_is_added_can_be_taken_away_again() =>
        Gen.Select(Gen.Long[long.MinValue / 2, long.MaxValue / 2], Gen.Long[long.MinValue / 2, long.MaxValue / 2])
            .Sample((a, b) => Euros(a) + Euros(b) - Euros(b) == Euros(a));

    [Fact]
    public void Adding_gives_the_exact_sum_or_throws() => Gen.Select(Gen.Long, Gen.Long).Sample((a, b) =>
    {
        var exact = (Int128)a + b;
        if (exact >= long.MinValue && exact <= long.MaxValue)
        {
            Assert.Equal((long)exact, (Euros(a) + Euros(b)).Amount);
        }
        else
        {
            Assert.Throws<OverflowException>(() => Euros(a) + Euros(b));
        }
    });

    [Fact]
    public void Taking_away_gives_the_exact_difference_or_throws() => Gen.Select(Gen.Long, Gen.Long).Sample((a, b) =>
    {
        var exact = (Int128)a - b;
        if (exact >= long.MinValue && exact <= long.MaxValue)
        {
            Assert.Equal((long)exact, (Euros(a) - Euros(b)).Amount);
        }
        else
        {
            Assert.Throws<OverflowException>(() => Euros(a) - Euros(b));
        }
    });

    [Fact]
    public void Amounts_of_one_currency_are_ordered_as_numbers() => Gen.Select(Gen.Long, Gen.Long).Sample((a, b) =>
        Euros(a) < Euros(b) == a < b
        && Euros(a) <= Euros(b) == a <= b
        && Euros(a) > Euros(b) == a > b
        && Euros(a) >= Euros(b) == a >= b);

    [Fact]
    public void Zero_changes_nothing() => Assert.Equal(Euros(1050), Euros(1050) + Money.Zero(Euro));

    [Fact]
    public void Currencies_do_not_mix()
    {
        var euros = Euros(100);
        var yen = new Money(100, Yen);

        Assert.NotEqual(euros, yen);
        Assert.Throws<InvalidOperationException>(() => euros - yen);
        Assert.Throws<InvalidOperationException>(() => euros < yen);
        var mixed = Assert.Throws<InvalidOperationException>(() => euros + yen);
        Assert.Contains("100 EUR", mixed.Message, StringComparison.Ordinal);
        Assert.Contains("100 JPY", mixed.Message, StringComparison.Ordinal);
    }

    private static Money Euros(long cents) => new(cents, Euro);
}
