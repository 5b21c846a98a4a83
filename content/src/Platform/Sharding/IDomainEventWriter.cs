namespace Platform.Sharding;

/// <summary>Writes what aggregates have recorded, in the transaction that stores them.</summary>
internal interface IDomainEventWriter
{
    ValueTask WriteAsync(ShardWriter writer, IDomainEvent happened, CancellationToken cancellationToken);
}
