using Domain.Common;
using Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Infrastructure.Sharding;

/// <summary>A row of the bucket map: all users of <see cref="Bucket"/> have their rows on <see cref="Shard"/>.</summary>
/// <param name="Epoch">Grows by one each time the bucket moves.</param>
internal sealed record BucketAssignment(Bucket Bucket, string Shard, long Epoch);

/// <summary>What a shard itself knows of a bucket that it has or had.</summary>
/// <param name="State"><c>active</c>, <c>moving</c> (served here and being copied elsewhere), <c>opening</c> or <c>moved</c>.</param>
internal sealed record BucketOwner(Bucket Bucket, long Epoch, string State);

internal sealed class BucketAssignmentConfiguration : IEntityTypeConfiguration<BucketAssignment>, IDirectoryEntity
{
    public void Configure(EntityTypeBuilder<BucketAssignment> builder)
    {
        builder.ToTable("bucket_map");
        builder.HasKey(a => a.Bucket);
        builder.Property(a => a.Bucket).HasColumnName("bucket").ValueGeneratedNever()
            .HasConversion(bucket => bucket.Value, value => new Bucket(value));
        builder.Property(a => a.Shard).HasColumnName("shard");
        builder.Property(a => a.Epoch).HasColumnName("epoch");
    }
}

internal sealed class BucketOwnerConfiguration : IEntityTypeConfiguration<BucketOwner>, IShardEntity
{
    public void Configure(EntityTypeBuilder<BucketOwner> builder)
    {
        builder.ToTable("bucket_owner");
        builder.HasKey(o => o.Bucket);
        builder.Property(o => o.Bucket).HasColumnName("bucket").ValueGeneratedNever()
            .HasConversion(bucket => bucket.Value, value => new Bucket(value));
        builder.Property(o => o.Epoch).HasColumnName("epoch");
        builder.Property(o => o.State).HasColumnName("state");
    }
}

internal sealed class BucketMoveConfiguration : IEntityTypeConfiguration<BucketMove>, IDirectoryEntity
{
    public void Configure(EntityTypeBuilder<BucketMove> builder)
    {
        builder.ToTable("bucket_moves");
        builder.HasKey(m => m.Bucket);
        builder.Property(m => m.Bucket).HasColumnName("bucket").ValueGeneratedNever();
        builder.Property(m => m.Source).HasColumnName("source");
        builder.Property(m => m.Target).HasColumnName("target");
        builder.Property(m => m.Epoch).HasColumnName("epoch");
        builder.Property(m => m.IsOpen).HasColumnName("is_open");
        builder.Property(m => m.Note).HasColumnName("note");
        builder.Property(m => m.NotedAt).HasColumnName("noted_at");
    }
}
