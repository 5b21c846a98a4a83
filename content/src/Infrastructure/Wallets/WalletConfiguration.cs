using Domain.Wallets;

namespace Infrastructure.Wallets;

internal sealed class WalletConfiguration : IEntityTypeConfiguration<Wallet>, IShardEntity
{
    public void Configure(EntityTypeBuilder<Wallet> builder)
    {
        builder.ToTable("wallets");
        builder.HasKey(w => w.Id);
        builder.Property(w => w.Id).ValueGeneratedNever();
        builder.Property(w => w.Owner).HasColumnName("owner_id");
        builder.Property(w => w.Currency)
            .HasConversion(currency => currency.Code, code => Currency.Stored(code));
        builder.Property(w => w.Balance);
        builder.Property(w => w.Pending);
        builder.Property(w => w.Status);
        builder.Property(w => w.Version);
        builder.Property(w => w.OpenedAt);
        builder.Ignore(w => w.NewEntries);
    }
}

internal sealed class EntryConfiguration : IEntityTypeConfiguration<Entry>, IShardEntity
{
    public void Configure(EntityTypeBuilder<Entry> builder)
    {
        builder.ToTable("entries");
        builder.HasKey(e => new { e.Owner, e.WalletId, e.Account, e.Version });
        builder.Property(e => e.Owner).HasColumnName("owner_id").ValueGeneratedNever();
        builder.Property(e => e.WalletId).ValueGeneratedNever();
        builder.Property(e => e.Account).ValueGeneratedNever();
        builder.Property(e => e.Version).ValueGeneratedNever();
        builder.Property(e => e.Id);
        builder.Property(e => e.TransferId);
        builder.Property(e => e.Kind);
        builder.Property(e => e.Amount);
        builder.Property(e => e.Balance);
        builder.Property(e => e.CreatedAt);
    }
}
