using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Platform.Idempotency;

/// <summary>A key of a user, what was asked for with it, and the answer.</summary>
internal sealed class IdempotencyKey
{
    public required UserId Owner { get; init; }

    public required string Key { get; init; }

    /// <summary>The request's fingerprint.</summary>
    public byte[] RequestHash { get; init; } = [];

    /// <summary>JSON of an answer or a refusal.</summary>
    public string Answer { get; init; } = "";

    public DateTimeOffset CreatedAt { get; init; }
}

internal sealed class IdempotencyKeyConfiguration : IEntityTypeConfiguration<IdempotencyKey>, IShardEntity
{
    public void Configure(EntityTypeBuilder<IdempotencyKey> builder)
    {
        builder.ToTable("idempotency_keys");
        builder.HasKey(k => new { k.Owner, k.Key });
        builder.Property(k => k.Owner).HasColumnName("owner_id").ValueGeneratedNever();
    }
}
