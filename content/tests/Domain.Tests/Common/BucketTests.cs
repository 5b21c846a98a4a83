namespace Domain.Tests.Common;

public sealed class BucketTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1023)]
    public void A_bucket_keeps_its_number(int value)
    {
        var bucket = new Bucket(value);

        Assert.Equal(value, bucket.Value);
        Assert.Equal($"{value}", bucket.ToString());
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1024)]
    [InlineData(int.MinValue)]
    [InlineData(int.MaxValue)]
    public void There_is_no_bucket_outside_0_to_1023(int value) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new Bucket(value));
}
