namespace Platform.Caching;

/// <summary>
/// For code that changes cached rows: raises the floors in Redis after the commit and before the answer. When Redis does not
/// take them, the write succeeds all the same, and old values live until their lifetime ends.
/// </summary>
public sealed class CacheFloors
{
    private readonly ShardWriter _writer;
    private readonly PrimaryTimelines _timelines;
    private readonly LocalEntries _local;
    private readonly RedisEntries _entries;
    private readonly CacheTelemetry _telemetry;

    internal CacheFloors(
        ShardWriter writer, PrimaryTimelines timelines, LocalEntries local, RedisEntries entries, CacheTelemetry telemetry) =>
        (_writer, _timelines, _local, _entries, _telemetry) = (writer, timelines, local, entries, telemetry);

    /// <param name="keys">The keys whose rows are added, changed or deleted.</param>
    /// <param name="version">Higher than all that these rows had.</param>
    public void Raise<T>(CachedKind<T> kind, IEnumerable<string> keys, long version)
        where T : class
    {
        string[] changed = [.. keys.Distinct()];
        _writer.OnCommitted(async () =>
        {
            string[] names = [.. changed.Select(key => kind.KeyOf(key, _timelines.Highest(kind.Database)))];
            var isSet = await _entries.RaiseAsync(names, version);
            // After the floors: a request that reads Redis in between would put the old value back.
            Array.ForEach(names, name => _local.Drop(name, version));
            _telemetry.FloorsRaised(names.Length, isSet);
        });
    }
}
