using Domain.Common;

namespace Domain.Wallets;

/// <summary>Begins with its time, so that entries listed by id are listed in the order of their making.</summary>
public readonly record struct EntryId(Guid Value)
{
    public static EntryId New(WalletId wallet, DateTimeOffset now) => new(Uuid8.New(wallet.Bucket, now));

    public static bool operator <(EntryId left, EntryId right) => left.Value.CompareTo(right.Value) < 0;

    public static bool operator >(EntryId left, EntryId right) => left.Value.CompareTo(right.Value) > 0;

    public override string ToString() => Value.ToString();
}
