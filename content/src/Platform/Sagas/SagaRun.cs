using Application.Sagas;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Platform.Sagas;

/// <summary>A run of a saga as it is stored, on the shard of the user who started it.</summary>
internal sealed record SagaRun
{
    public required UserId Owner { get; init; }

    public required Guid Id { get; init; }

    public required string Name { get; init; }

    /// <summary>JSON of the saga's data.</summary>
    public required string Data { get; init; }

    public SagaStatus Status { get; init; } = SagaStatus.Running;

    /// <summary>The step to do next, or to undo next; the command that starts the run has done step 0.</summary>
    public int Step { get; init; } = 1;

    /// <summary>Failures of this step that count to the limit.</summary>
    public int Attempt { get; init; }

    /// <summary>All failures of this step, for the backoff.</summary>
    public int Retries { get; init; }

    /// <summary>When an instance may take it: until then it waits, or is leased.</summary>
    public DateTimeOffset DueAt { get; init; }

    /// <summary>Grows with each lease. Only the holder of the newest can store anything.</summary>
    public long LeaseEpoch { get; init; } = 1;

    /// <summary>Why a step was refused, and so why the run is undone; null for a run that goes forward.</summary>
    public string? ErrorCode { get; init; }

    public string? Error { get; init; }

    /// <summary>What went wrong the last time; not null in a run that is dead.</summary>
    public string? Failure { get; init; }

    /// <summary>Of the request that started it (W3C Trace Context).</summary>
    public string? TraceParent { get; init; }

    /// <summary>An operator wants it undone.</summary>
    public bool IsForced { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }
}

/// <summary>What became of a step. On the shard of the user whose rows the step changes.</summary>
/// <param name="ErrorCode">Null when it was done; else it was refused.</param>
internal sealed record SagaStepRow(
    UserId Owner, Guid SagaId, string Step, string? ErrorCode, string? Error, DateTimeOffset DoneAt);

internal sealed class SagaRunConfiguration : IEntityTypeConfiguration<SagaRun>, IShardEntity
{
    public void Configure(EntityTypeBuilder<SagaRun> builder)
    {
        builder.ToTable("sagas");
        builder.HasKey(s => new { s.Owner, s.Id });
        builder.Property(s => s.Owner).HasColumnName("owner_id").ValueGeneratedNever();
        builder.Property(s => s.Status).HasConversion<short>();
    }
}

internal sealed class SagaStepConfiguration : IEntityTypeConfiguration<SagaStepRow>, IShardEntity
{
    public void Configure(EntityTypeBuilder<SagaStepRow> builder)
    {
        builder.ToTable("saga_steps");
        builder.HasKey(s => new { s.Owner, s.SagaId, s.Step });
        builder.Property(s => s.Owner).HasColumnName("owner_id").ValueGeneratedNever();
    }
}
