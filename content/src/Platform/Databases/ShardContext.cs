namespace Platform.Databases;

/// <summary>Marks the entity configurations that belong to the shards.</summary>
public interface IShardEntity;

/// <summary>The users' rows. Entities are found by scanning, so a feature is added or removed with its folder.</summary>
public sealed class ShardContext(DbContextOptions<ShardContext> options) : UserScopedContext(options)
{
    protected override void OnModelCreating(ModelBuilder modelBuilder) =>
        modelBuilder.ApplyConfigurations<IShardEntity>();
}
