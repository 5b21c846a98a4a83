namespace Domain.Common;

/// <summary>
/// One of 1,024 groups of users. A bucket lives on one shard as a whole, and every id carries the bucket of the user
/// it belongs to, so an id alone says where its row is.
/// </summary>
public readonly record struct Bucket
{
    public const int Count = 1024;

    public Bucket(int value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(value, Count);
        Value = (short)value;
    }

    /// <summary>0 to 1,023.</summary>
    public short Value { get; }

    public override string ToString() => $"{Value}";
}
