using ErrorOr;

namespace Domain.Tests.Common;

public sealed class CurrencyTests
{
    [Theory]
    [InlineData("EUR")]
    [InlineData("JPY")]
    [InlineData("ZWG")]
    public void An_active_code_is_a_currency(string code)
    {
        var currency = Currency.From(code);

        Assert.Equal(code, currency.Value.Code);
        Assert.Equal(code, currency.Value.ToString());
    }

    /// <summary>The Deutsche Mark is history, gold and the test code are on ISO's list and no money.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("eur")]
    [InlineData("EU")]
    [InlineData("EURO")]
    [InlineData(" EUR")]
    [InlineData("DEM")]
    [InlineData("XAU")]
    [InlineData("XTS")]
    public void Anything_else_is_not(string code)
    {
        var currency = Currency.From(code);

        Assert.Equal(ErrorType.Validation, currency.FirstError.Type);
        Assert.Contains($"'{code}'", currency.FirstError.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_code_is_the_same_currency() =>
        Assert.Equal(Currency.From("EUR").Value, Currency.From(new string(['E', 'U', 'R'])).Value);
}
