using Infrastructure.RowSecurity;
using Microsoft.EntityFrameworkCore;

namespace Infrastructure.Persistence;

/// <summary>Marks the entity configurations that belong to the directory.</summary>
internal interface IDirectoryEntity;

/// <summary>What has to be known before a shard can be chosen.</summary>
public sealed class DirectoryContext(DbContextOptions<DirectoryContext> options) : ActingContext(options)
{
    protected override void OnModelCreating(ModelBuilder modelBuilder) =>
        modelBuilder.ApplyConfigurationsFromAssembly(
            typeof(DirectoryContext).Assembly, type => type.IsAssignableTo(typeof(IDirectoryEntity)));
}
