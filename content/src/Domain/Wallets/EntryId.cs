namespace Domain.Wallets;

/// <summary>
/// Begins with the version of its wallet, so that entries of a wallet that are listed by id are listed in the order of their
/// making, whatever clocks say.
/// </summary>
public readonly record struct EntryId(Guid Value)
{
    public long Version => Uuid8.NumberOf(Value);

    public static EntryId New(WalletId wallet, long version) => new(Uuid8.New(wallet.Bucket, version));

    public override string ToString() => Value.ToString();
}
