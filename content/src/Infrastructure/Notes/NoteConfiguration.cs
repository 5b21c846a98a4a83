using Domain.Notes;

namespace Infrastructure.Notes;

internal sealed class NoteConfiguration : IEntityTypeConfiguration<Note>, IShardEntity
{
    public void Configure(EntityTypeBuilder<Note> builder)
    {
        builder.ToTable("notes");
        builder.HasKey(n => new { n.Owner, n.Id });
        builder.Property(n => n.Owner).HasColumnName("owner_id").ValueGeneratedNever();
        builder.Property(n => n.Id).ValueGeneratedNever();
        builder.Property(n => n.WrittenAt);
    }
}
