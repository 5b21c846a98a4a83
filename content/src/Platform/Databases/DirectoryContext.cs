namespace Platform.Databases;

/// <summary>Marks the entity configurations that belong to the directory.</summary>
public interface IDirectoryEntity;

/// <summary>What has to be known before a shard can be chosen.</summary>
public sealed class DirectoryContext(DbContextOptions<DirectoryContext> options) : UserScopedContext(options)
{
    protected override void OnModelCreating(ModelBuilder modelBuilder) =>
        modelBuilder.ApplyConfigurations<IDirectoryEntity>();
}
