namespace Domain.Tests.Common;

internal static class Generators
{
    public static Gen<Bucket> Buckets { get; } = Gen.Int[0, Bucket.Count - 1].Select(value => new Bucket(value));

    /// <summary>Times that 48 bits of milliseconds since 1970 can hold, to the last that .NET knows.</summary>
    public static Gen<DateTimeOffset> Times { get; } =
        Gen.Long[0, DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()].Select(DateTimeOffset.FromUnixTimeMilliseconds);
}
