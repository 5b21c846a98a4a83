using Domain.Common;
using Domain.Payees;
using Domain.Wallets;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Platform.Databases;

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
        builder.Property(p => p.Handle).HasColumnName("handle").ValueGeneratedNever()
            .HasConversion(handle => handle.Value, text => Handle.From(text).Value);
        builder.Property(p => p.Owner).HasColumnName("owner_id")
            .HasConversion(id => id.Value, value => new UserId(value));
        builder.Property(p => p.WalletId).HasColumnName("wallet_id")
            .HasConversion(id => id.Value, value => new WalletId(value));
        builder.Property(p => p.CreatedAt).HasColumnName("created_at");
        builder.Property<long>(Version).HasColumnName("version");
        builder.Property<DateTimeOffset?>(ReleasedAt).HasColumnName("released_at");
        builder.HasQueryFilter(p => EF.Property<DateTimeOffset?>(p, ReleasedAt) == null);
    }
}
