using Domain.Transfers;
using Domain.Wallets;

namespace Infrastructure.Transfers;

internal sealed class TransferConfiguration : IEntityTypeConfiguration<Transfer>, IShardEntity
{
    public void Configure(EntityTypeBuilder<Transfer> builder)
    {
        builder.ToTable("transfers");
        builder.HasKey(t => new { t.Owner, t.Id });
        builder.Property(t => t.Owner).HasColumnName("owner_id").ValueGeneratedNever();
        builder.Property(t => t.Id).ValueGeneratedNever();
        builder.Property(t => t.WalletId);
        builder.Property(t => t.PayeeId);
        builder.Property(t => t.PayeeWalletId);
        builder.Property(t => t.Amount);
        builder.Property(t => t.Currency)
            .HasConversion(currency => currency.Code, code => Currency.Stored(code));
        builder.Property(t => t.CreatedAt);
        builder.Ignore(t => t.State);
        builder.Ignore(t => t.Money);
    }
}
