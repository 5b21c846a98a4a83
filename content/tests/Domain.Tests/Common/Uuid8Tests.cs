namespace Domain.Tests.Common;

public sealed class Uuid8Tests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);

    [Fact]
    public void An_id_begins_with_its_milliseconds_version_and_bucket()
    {
        // 0x2A9 is bucket 681: ten bits 1010101001, which are A, A and the upper half of a digit 01xx.
        var id = Uuid8.New(new Bucket(0x2A9), Now).ToString("N");

        Assert.Equal(Now.ToUnixTimeMilliseconds().ToString("x12"), id[..12]);
        Assert.Equal("8aa", id[12..15]);
        Assert.Contains(id[15], "4567");
        Assert.Contains(id[16], "89ab");
    }

    [Fact]
    public void Every_id_is_of_version_8_and_of_the_variant_of_RFC_9562() =>
        Gen.Select(Generators.Buckets, Generators.Times).Sample((bucket, time) =>
        {
            var id = Uuid8.New(bucket, time);
            return id.Version == 8 && id.Variant is >= 0x8 and <= 0xB;
        });

    [Fact]
    public void Every_bucket_can_be_read_from_an_id()
    {
        foreach (var value in Enumerable.Range(0, Bucket.Count))
        {
            Assert.Equal(new Bucket(value), Uuid8.BucketOf(Uuid8.New(new Bucket(value), Now)));
        }
    }

    [Fact]
    public void The_bucket_can_be_read_whatever_the_time() =>
        Gen.Select(Generators.Buckets, Generators.Times)
            .Sample((bucket, time) => Uuid8.BucketOf(Uuid8.New(bucket, time)) == bucket);

    [Fact]
    public void Ids_of_one_bucket_sort_by_time() =>
        Gen.Select(Generators.Buckets, Generators.Times, Generators.Times).Sample((bucket, one, other) =>
        {
            var (earlier, later) = one <= other ? (one, other) : (other, one);
            return earlier == later || Uuid8.New(bucket, earlier).CompareTo(Uuid8.New(bucket, later)) < 0;
        });

    [Fact]
    public void Ids_of_one_bucket_and_one_millisecond_differ()
    {
        var ids = Enumerable.Range(0, 10_000).Select(_ => Uuid8.New(new Bucket(7), Now));

        Assert.Equal(10_000, ids.Distinct().Count());
    }

    /// <summary>
    /// The value is the SHA-256 of "alice" with version and variant set. Ids made from names are stored, so this must hold
    /// in every release.
    /// </summary>
    [Fact]
    public void The_id_of_a_name_never_changes()
    {
        var id = Uuid8.FromName("alice");

        Assert.Equal(Guid.Parse("2bd806c9-7f0e-80af-9a1f-c3328fa763a9"), id);
        Assert.Equal(new Bucket(43), Uuid8.BucketOf(id));
    }

    [Fact]
    public void Names_spread_evenly_over_the_buckets()
    {
        const int perBucket = 100;
        var sizes = Enumerable.Range(0, Bucket.Count * perBucket)
            .CountBy(n => Uuid8.BucketOf(Uuid8.FromName($"user-{n}")))
            .Select(bucket => bucket.Value)
            .ToArray();

        // A fair throw leaves a bucket within five standard deviations of the mean, which are 50 here.
        Assert.Equal(Bucket.Count, sizes.Length);
        Assert.All(sizes, size => Assert.InRange(size, perBucket - 50, perBucket + 50));
    }
}
