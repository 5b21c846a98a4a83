using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Platform.Sharding;

/// <summary>A row of the bucket map: all users of <see cref="Bucket"/> have their rows on <see cref="Shard"/>.</summary>
/// <param name="Epoch">Grows by one each time the bucket moves.</param>
internal sealed record BucketAssignment(Bucket Bucket, string Shard, long Epoch);

internal sealed class BucketAssignmentConfiguration : IEntityTypeConfiguration<BucketAssignment>, IDirectoryEntity
{
    public void Configure(EntityTypeBuilder<BucketAssignment> builder)
    {
        builder.ToTable("bucket_map");
        builder.HasKey(a => a.Bucket);
        builder.Property(a => a.Bucket).ValueGeneratedNever()
            .HasConversion(bucket => bucket.Value, value => new Bucket(value));
    }
}
