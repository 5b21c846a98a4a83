using Domain.Common;
using Infrastructure.Persistence;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Infrastructure.Realtime;

/// <summary>An event as it is stored, on the shard of the user whom it is for.</summary>
internal sealed class EventRow
{
    public required UserId Owner { get; init; }

    /// <summary>Of the user's bucket, when the event was written.</summary>
    public required long Epoch { get; init; }

    /// <summary>The transaction that wrote it, of the server that had the bucket then.</summary>
    public ulong Xact { get; init; }

    /// <summary>Order within the transaction.</summary>
    public long Seq { get; init; }

    public required string Type { get; init; }

    /// <summary>JSON.</summary>
    public required string Payload { get; init; }

    public DateTimeOffset CreatedAt { get; init; }
}

internal sealed class EventConfiguration : IEntityTypeConfiguration<EventRow>, IShardEntity
{
    public void Configure(EntityTypeBuilder<EventRow> builder)
    {
        builder.ToTable("events");
        builder.HasKey(e => new { e.Owner, e.Epoch, e.Xact, e.Seq });
        builder.Property(e => e.Owner).HasColumnName("owner_id").ValueGeneratedNever()
            .HasConversion(id => id.Value, value => new UserId(value));
        builder.Property(e => e.Epoch).HasColumnName("epoch").ValueGeneratedNever();
        builder.Property(e => e.Xact).HasColumnName("xact").HasColumnType("xid8").HasDefaultValueSql("pg_current_xact_id()");
        builder.Property(e => e.Seq).HasColumnName("seq").UseIdentityAlwaysColumn();
        builder.Property(e => e.Type).HasColumnName("type");
        builder.Property(e => e.Payload).HasColumnName("payload").HasColumnType("jsonb");
        builder.Property(e => e.CreatedAt).HasColumnName("created_at").HasDefaultValueSql("clock_timestamp()");
    }
}
