namespace Platform.Failover;

/// <summary>
/// What this process knows of its primaries' timelines. Every promotion raises the timeline of the server that is
/// promoted, so a server with a lower one than was seen before is an old primary, and must get no writes.
/// </summary>
/// <remarks>
/// Databases are given by the names of their connection strings, such as <c>shard0</c> or <c>shard0-worker</c>.
/// </remarks>
public sealed class PrimaryTimelines
{
    private readonly Dictionary<string, PrimaryServers> _servers = [];

    public PrimaryTimelines(IConfiguration configuration)
    {
        var names = DatabaseNames.From(configuration);
        var sets = new Dictionary<string, PrimaryServers>();
        var pooler = PostgresOptions.PoolerOf(configuration);
        foreach (var name in names.Primaries.Concat(names.Workers))
        {
            if (configuration.GetConnectionString(name) is { } connectionString)
            {
                var key = string.Join(',', PrimaryServers.HostsOf(connectionString).Order(StringComparer.Ordinal));
                var servers = sets.TryGetValue(key, out var known)
                    ? known
                    : sets[key] = new PrimaryServers(connectionString, pooler != Pooler.None);
                servers.Databases.Add(name);
                _servers.Add(name, servers);
            }
        }

        All = sets.Values;
    }

    internal IReadOnlyCollection<PrimaryServers> All { get; }

    /// <summary>The highest timeline that was seen on a server of <paramref name="database"/>; 0 before the first.</summary>
    public int Highest(string database) => Of(database).Known.Timeline;

    public void Observe(string database, int timeline) => Of(database).Observe(timeline);

    /// <summary>
    /// To be awaited before the primary is used for a request or for work: while nobody used it, another one may have been
    /// promoted, and is found before anything is sent.
    /// </summary>
    public Task UsedAsync(string database) => Of(database).UsedAsync();

    /// <summary>Key of the data source for <paramref name="database"/> on that server.</summary>
    public static string KeyOf(string database, string host) => $"{database}@{host}";

    internal bool Knows(string database) => _servers.ContainsKey(database);

    internal PrimaryServers Of(string database) => _servers.TryGetValue(database, out var servers)
        ? servers
        : throw new InvalidOperationException(
            $"Connection string '{database}' is missing: set ConnectionStrings__{database}.");
}
