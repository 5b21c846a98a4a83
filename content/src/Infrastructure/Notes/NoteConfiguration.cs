using Domain.Notes;

namespace Infrastructure.Notes;

internal sealed class NoteConfiguration : IEntityTypeConfiguration<Note>, IShardEntity
{
    public void Configure(EntityTypeBuilder<Note> builder)
    {
        builder.ToTable("notes");
        builder.HasKey(n => new { n.Owner, n.Id });
        builder.Property(n => n.Owner).HasColumnName("owner_id").ValueGeneratedNever()
            .HasConversion(id => id.Value, value => new UserId(value));
        builder.Property(n => n.Id).HasColumnName("id").ValueGeneratedNever()
            .HasConversion(id => id.Value, value => new NoteId(value));
        builder.Property(n => n.Text).HasColumnName("text");
        builder.Property(n => n.WrittenAt).HasColumnName("written_at");
        builder.Property(n => n.EditedAt).HasColumnName("edited_at");
    }
}
