namespace Domain.Common;

/// <summary>An amount in the minor units of its currency: 1050 EUR is ten euros and fifty cents.</summary>
public readonly record struct Money(long Amount, Currency Currency) : IComparable<Money>
{
    public static Money Zero(Currency currency) => new(0, currency);

    /// <exception cref="OverflowException">The sum does not fit 64 bits.</exception>
    /// <exception cref="InvalidOperationException">The currencies differ.</exception>
    public static Money operator +(Money left, Money right) =>
        new(checked(left.Amount + right.SameCurrency(left).Amount), left.Currency);

    /// <inheritdoc cref="op_Addition"/>
    public static Money operator -(Money left, Money right) =>
        new(checked(left.Amount - right.SameCurrency(left).Amount), left.Currency);

    public static bool operator <(Money left, Money right) => left.CompareTo(right) < 0;

    public static bool operator >(Money left, Money right) => left.CompareTo(right) > 0;

    public static bool operator <=(Money left, Money right) => left.CompareTo(right) <= 0;

    public static bool operator >=(Money left, Money right) => left.CompareTo(right) >= 0;

    public int CompareTo(Money other) => Amount.CompareTo(other.SameCurrency(this).Amount);

    public override string ToString() => $"{Amount} {Currency}";

    private Money SameCurrency(Money other) => Currency == other.Currency
        ? this
        : throw new InvalidOperationException($"{other} and {this} are not of one currency.");
}
