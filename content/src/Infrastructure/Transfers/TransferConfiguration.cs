using Domain.Common;
using Domain.Transfers;
using Domain.Wallets;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Platform.Databases;

namespace Infrastructure.Transfers;

internal sealed class TransferConfiguration : IEntityTypeConfiguration<Transfer>, IShardEntity
{
    public void Configure(EntityTypeBuilder<Transfer> builder)
    {
        builder.ToTable("transfers");
        builder.HasKey(t => new { t.Owner, t.Id });
        builder.Property(t => t.Owner).HasColumnName("owner_id").ValueGeneratedNever()
            .HasConversion(id => id.Value, value => new UserId(value));
        builder.Property(t => t.Id).HasColumnName("id").ValueGeneratedNever()
            .HasConversion(id => id.Value, value => new TransferId(value));
        builder.Property(t => t.WalletId).HasColumnName("wallet_id")
            .HasConversion(id => id.Value, value => new WalletId(value));
        builder.Property(t => t.PayeeId).HasColumnName("payee_id")
            .HasConversion(id => id.Value, value => new UserId(value));
        builder.Property(t => t.PayeeWalletId).HasColumnName("payee_wallet_id")
            .HasConversion(id => id.Value, value => new WalletId(value));
        builder.Property(t => t.Amount).HasColumnName("amount");
        builder.Property(t => t.Currency).HasColumnName("currency")
            .HasConversion(currency => currency.Code, code => Currency.Stored(code));
        builder.Property(t => t.CreatedAt).HasColumnName("created_at");

        // The state, which the domain keeps to itself.
        builder.Property<TransferStatus>("Status").HasColumnName("status");
        builder.Property<string?>("VoidCode").HasColumnName("void_code");
        builder.Property<string?>("VoidReason").HasColumnName("void_reason");
        builder.Property<DateTimeOffset?>("EndedAt").HasColumnName("ended_at");
        builder.Ignore(t => t.State);
        builder.Ignore(t => t.Money);
    }
}
