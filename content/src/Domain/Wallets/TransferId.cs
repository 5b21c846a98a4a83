namespace Domain.Wallets;

/// <summary>
/// One movement of money, in the bucket of who pays. Every leg in the ledger bears it, those of a deposit as well, which is
/// why it belongs to the wallets.
/// </summary>
public readonly record struct TransferId(Guid Value)
{
    public Bucket Bucket => Uuid8.BucketOf(Value);

    public static TransferId New(UserId payer, DateTimeOffset now) => new(Uuid8.New(payer.Bucket, now));

    public static bool operator <(TransferId left, TransferId right) => left.Value.CompareTo(right.Value) < 0;

    public static bool operator >(TransferId left, TransferId right) => left.Value.CompareTo(right.Value) > 0;

    public override string ToString() => Value.ToString();
}
