using Infrastructure.Persistence;
using Infrastructure.Sharding;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Infrastructure.Caching;

/// <summary>
/// For whoever changes rows that are cached: writes the floors into the outbox, in the same transaction, and sets them when
/// that has committed. The answer waits for Redis as long as a read would; what was not set then, the relay sets.
/// </summary>
internal sealed class CacheFloors(ShardWriter writer, LocalEntries local, RedisEntries entries, CacheTelemetry telemetry)
{
    [Sql(typeof(string[]), typeof(long), InDirectory = true)]
    private const string Insert = "INSERT INTO cache_floors (key, version) SELECT key, {1} FROM unnest({0}::text[]) AS key";

    /// <param name="context">The writer's, on the database of the rows.</param>
    /// <param name="kind">What is cached.</param>
    /// <param name="keys">The keys whose rows have come, changed or gone.</param>
    /// <param name="version">Higher than all that these rows had.</param>
    /// <param name="cancellationToken">Cancels the statement.</param>
    public async Task RaiseAsync<T>(
        DbContext context, CachedKind<T> kind, IEnumerable<string> keys, long version, CancellationToken cancellationToken)
        where T : class
    {
        var names = keys.Select(key => kind.KeyOf(key).Name).Distinct().ToArray();
        await context.Database.ExecuteSqlRawAsync(Insert, [names, version], cancellationToken);
        writer.OnCommitted(async () =>
        {
            var isSet = await entries.RaiseAsync([.. names.Select(name => (name, version))]);
            // After it: who looks into Redis between the two would put back what was there before.
            foreach (var name in names)
            {
                local.Drop(name);
            }

            telemetry.FloorsSet(names.Length, isSet ? "inline" : "lost");
        });
    }
}

/// <summary>A floor in the outbox. It holds nothing of a user but what keys say.</summary>
internal sealed record CacheFloor(long Id, string Key, long Version, DateTimeOffset CreatedAt);

internal sealed class CacheFloorConfiguration : IEntityTypeConfiguration<CacheFloor>, IDirectoryEntity, IShardEntity
{
    public void Configure(EntityTypeBuilder<CacheFloor> builder)
    {
        builder.ToTable("cache_floors");
        builder.Property(f => f.Id).HasColumnName("id").UseIdentityAlwaysColumn();
        builder.Property(f => f.Key).HasColumnName("key");
        builder.Property(f => f.Version).HasColumnName("version");
        builder.Property(f => f.CreatedAt).HasColumnName("created_at");
    }
}
