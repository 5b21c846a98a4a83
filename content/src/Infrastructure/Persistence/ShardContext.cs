using Infrastructure.RowSecurity;
using Microsoft.EntityFrameworkCore;

namespace Infrastructure.Persistence;

/// <summary>Marks the entity configurations that belong to the shards.</summary>
internal interface IShardEntity;

/// <summary>The users' rows. Entities are found by scanning, so a feature is added or removed with its folder.</summary>
public sealed class ShardContext(DbContextOptions<ShardContext> options) : ActingContext(options)
{
    protected override void OnModelCreating(ModelBuilder modelBuilder) =>
        modelBuilder.ApplyConfigurationsFromAssembly(
            typeof(ShardContext).Assembly, type => type.IsAssignableTo(typeof(IShardEntity)));
}
