using Infrastructure.Persistence;
using Infrastructure.Sharding;

namespace Infrastructure.Caching;

/// <summary>
/// For code that changes cached rows: raises the floors in Redis after the commit and before the answer. When Redis does not
/// take them, the write succeeds all the same, and old values live until their lifetime ends.
/// </summary>
internal sealed class CacheFloors(
    ShardWriter writer, PrimaryTimelines timelines, LocalEntries local, RedisEntries entries, CacheTelemetry telemetry)
{
    /// <param name="kind">What is cached.</param>
    /// <param name="keys">The keys whose rows are added, changed or deleted.</param>
    /// <param name="version">Higher than all that these rows had.</param>
    public void Raise<T>(CachedKind<T> kind, IEnumerable<string> keys, long version)
        where T : class
    {
        string[] changed = [.. keys.Distinct()];
        writer.OnCommitted(async () =>
        {
            string[] names = [.. changed.Select(key => kind.KeyOf(key, timelines.Highest(kind.Database)))];
            var isSet = await entries.RaiseAsync(names, version);
            // After the floors: a request that reads Redis in between would put the old value back.
            Array.ForEach(names, name => local.Drop(name, version));
            telemetry.FloorsRaised(names.Length, isSet);
        });
    }
}
