using Domain.Payees;
using Domain.Wallets;

namespace Infrastructure.Payees;

internal sealed class PayeeConfiguration : IEntityTypeConfiguration<Payee>, IDirectoryEntity
{
    /// <summary>The cache's, of which the domain knows nothing.</summary>
    public const string Version = "Version";

    /// <summary>Null for a handle that leads somewhere. The others are kept for their last owner.</summary>
    public const string ReleasedAt = "ReleasedAt";

    public void Configure(EntityTypeBuilder<Payee> builder)
    {
        builder.ToTable("payees");
        builder.HasKey(p => p.Handle);
        builder.Property(p => p.Handle).ValueGeneratedNever()
            .HasConversion(handle => handle.Value, text => Handle.From(text).Value);
        builder.Property(p => p.Owner).HasColumnName("owner_id");
        builder.Property(p => p.WalletId);
        builder.Property(p => p.CreatedAt);
        builder.Property<long>(Version);
        builder.Property<DateTimeOffset?>(ReleasedAt);
        builder.HasQueryFilter(p => EF.Property<DateTimeOffset?>(p, ReleasedAt) == null);
    }
}
