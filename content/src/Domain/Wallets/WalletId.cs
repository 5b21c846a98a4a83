namespace Domain.Wallets;

public readonly record struct WalletId(Guid Value)
{
    public Bucket Bucket => Uuid8.BucketOf(Value);

    public static WalletId New(UserId owner, DateTimeOffset now) => new(Uuid8.New(owner.Bucket, now));

    public static bool operator <(WalletId left, WalletId right) => left.Value.CompareTo(right.Value) < 0;

    public static bool operator >(WalletId left, WalletId right) => left.Value.CompareTo(right.Value) > 0;

    public override string ToString() => Value.ToString();
}
