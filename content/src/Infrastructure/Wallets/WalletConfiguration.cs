using Domain.Common;
using Domain.Wallets;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Platform.Databases;

namespace Infrastructure.Wallets;

internal sealed class WalletConfiguration : IEntityTypeConfiguration<Wallet>, IShardEntity
{
    public void Configure(EntityTypeBuilder<Wallet> builder)
    {
        builder.ToTable("wallets");
        builder.HasKey(w => w.Id);
        builder.Property(w => w.Id).HasColumnName("id").ValueGeneratedNever()
            .HasConversion(id => id.Value, value => new WalletId(value));
        builder.Property(w => w.Owner).HasColumnName("owner_id")
            .HasConversion(id => id.Value, value => new UserId(value));
        builder.Property(w => w.Currency).HasColumnName("currency")
            .HasConversion(currency => currency.Code, code => Currency.Stored(code));
        builder.Property(w => w.Balance).HasColumnName("balance");
        builder.Property(w => w.Pending).HasColumnName("pending");
        builder.Property(w => w.Status).HasColumnName("status");
        builder.Property(w => w.Version).HasColumnName("version");
        builder.Property(w => w.OpenedAt).HasColumnName("opened_at");
        builder.Ignore(w => w.NewEntries);
    }
}

internal sealed class EntryConfiguration : IEntityTypeConfiguration<Entry>, IShardEntity
{
    public void Configure(EntityTypeBuilder<Entry> builder)
    {
        builder.ToTable("entries");
        builder.HasKey(e => new { e.Owner, e.WalletId, e.Account, e.Version });
        builder.Property(e => e.Owner).HasColumnName("owner_id").ValueGeneratedNever()
            .HasConversion(id => id.Value, value => new UserId(value));
        builder.Property(e => e.WalletId).HasColumnName("wallet_id").ValueGeneratedNever()
            .HasConversion(id => id.Value, value => new WalletId(value));
        builder.Property(e => e.Account).HasColumnName("account").ValueGeneratedNever();
        builder.Property(e => e.Version).HasColumnName("version").ValueGeneratedNever();
        builder.Property(e => e.Id).HasColumnName("id")
            .HasConversion(id => id.Value, value => new EntryId(value));
        builder.Property(e => e.TransferId).HasColumnName("transfer_id")
            .HasConversion(id => id.Value, value => new TransferId(value));
        builder.Property(e => e.Kind).HasColumnName("kind");
        builder.Property(e => e.Amount).HasColumnName("amount");
        builder.Property(e => e.Balance).HasColumnName("balance");
        builder.Property(e => e.CreatedAt).HasColumnName("created_at");
    }
}
