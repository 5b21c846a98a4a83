using Domain.Activity;

namespace Infrastructure.Activity;

internal sealed class ActivityConfiguration : IEntityTypeConfiguration<UserActivity>, IShardEntity
{
    public void Configure(EntityTypeBuilder<UserActivity> builder)
    {
        builder.ToTable("activity");
        builder.HasKey(a => new { a.Owner, a.Id });
        builder.Property(a => a.Owner).HasColumnName("owner_id").ValueGeneratedNever();
        builder.Property(a => a.Id).ValueGeneratedNever();
        builder.Property(a => a.Kind);
        builder.Property(a => a.Payload).HasColumnType("jsonb");
        builder.Property(a => a.CreatedAt);
    }
}
