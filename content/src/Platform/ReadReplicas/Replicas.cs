namespace Platform.ReadReplicas;

/// <summary>The replicas of each database, and the room that its primary has for reads that none of them can answer.</summary>
internal sealed class Replicas
{
    private readonly Dictionary<string, Replica[]> _byDatabase = [];
    private readonly Dictionary<string, SemaphoreSlim> _rooms = [];

    public Replicas(
        DatabaseNames names, IConfiguration configuration, PrimaryTimelines timelines, IOptions<ReadReplicaOptions> options)
    {
        var maxLag = TimeSpan.FromSeconds(options.Value.MaxLagSeconds);
        var servers = new Dictionary<string, ReplicaServer>();
        foreach (var database in names.Primaries)
        {
            var replicas = names.ReplicasOf(database).Select(source => new Replica(source, ServerOf(source, database)));
            _byDatabase.Add(database, [.. replicas]);
            _rooms.Add(database, new SemaphoreSlim(options.Value.PrimaryReads));
        }

        Servers = servers.Values;

        ReplicaServer ServerOf(string source, string database)
        {
            var connectionString = configuration.RequiredConnectionString(source);
            var host = string.Join(',', PrimaryServers.HostsOf(connectionString));
            return servers.TryGetValue(host, out var known)
                ? known
                : servers[host] = new ReplicaServer(host, source, timelines.Of(database), maxLag);
        }
    }

    public IReadOnlyCollection<ReplicaServer> Servers { get; }

    public IReadOnlyList<Replica> Of(string database) => _byDatabase[database];

    /// <summary>To be awaited before a read: while nobody used the replicas, they were seldom asked how far they are.</summary>
    public Task UsedAsync(string database) =>
        ProbePace.UsedAsync<Replica>(_byDatabase[database], static replica => replica.Server.Pace);

    /// <summary>How many reads may be at the primary because no replica will do, so that its writes find room.</summary>
    public SemaphoreSlim RoomOf(string database) => _rooms[database];

    /// <summary>One of those that will do, at random, and less often one that is loaded; null when none does.</summary>
    /// <param name="database">The database.</param>
    /// <param name="needed">What it must have replayed; null for anything that is not too old.</param>
    public Replica? Choose(string database, WalPosition? needed)
    {
        var (chosen, highest) = (default(Replica), -1.0);
        foreach (var replica in _byDatabase[database])
        {
            // The highest of random numbers to the power of 1 / weight is chosen in proportion to the weights.
            var score = replica.Server.CanAnswer(needed) ? Math.Pow(Random.Shared.NextDouble(), replica.Server.Load) : -1;
            if (score > highest)
            {
                (chosen, highest) = (replica, score);
            }
        }

        return chosen;
    }
}

/// <summary>A database on a replica.</summary>
/// <param name="Source">Name of the data source.</param>
internal sealed record Replica(string Source, ReplicaServer Server);
