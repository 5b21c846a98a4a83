namespace Platform.ReadReplicas;

/// <summary>The replicas of each database, and the room that its primary has for reads that none of them can answer.</summary>
internal sealed class Replicas
{
    private readonly Dictionary<string, Replica[]> _byDatabase = [];
    private readonly Dictionary<string, SemaphoreSlim> _rooms = [];
    private readonly Dictionary<string, ReplicaServer> _servers = [];

    public Replicas(
        DatabaseNames names, IConfiguration configuration, PrimaryTimelines timelines, IOptions<ReadReplicaOptions> options)
    {
        foreach (var database in names.Primaries)
        {
            var replicas = names.ReplicasOf(database).Select(source => new Replica(source, ServerOf(source, database)));
            _byDatabase.Add(database, [.. replicas]);
            _rooms.Add(database, new SemaphoreSlim(options.Value.PrimaryReads));
        }

        ReplicaServer ServerOf(string source, string database)
        {
            var host = string.Join(',', PrimaryServers.HostsOf(configuration.RequiredConnectionString(source)));
            return _servers.TryGetValue(host, out var known) ? known : _servers[host] = new ReplicaServer(
                host, source, timelines.Of(database), TimeSpan.FromSeconds(options.Value.MaxLagSeconds));
        }
    }

    public IReadOnlyCollection<ReplicaServer> Servers => _servers.Values;

    public IReadOnlyList<Replica> Of(string database) => _byDatabase[database];

    /// <summary>To be awaited before a read: while nobody used the replicas, they were seldom asked how far they are.</summary>
    public Task UsedAsync(string database) =>
        ProbePace.UsedAsync<Replica>(_byDatabase[database], static replica => replica.Server.Pace);

    /// <summary>How many reads may be at the primary because no replica will do, so that its writes find room.</summary>
    public SemaphoreSlim RoomOf(string database) => _rooms[database];

    /// <summary>One of those that will do, at random; null when none does.</summary>
    /// <param name="needed">What it must have replayed; null for anything that is not too old.</param>
    public Replica? Choose(string database, WalPosition? needed)
    {
        var (chosen, able) = (default(Replica), 0);
        foreach (var replica in _byDatabase[database])
        {
            if (replica.Server.CanAnswer(needed) && Random.Shared.Next(++able) == 0)
            {
                chosen = replica;
            }
        }

        return chosen;
    }
}

/// <summary>A database on a replica, and the name of its data source.</summary>
internal sealed record Replica(string Source, ReplicaServer Server);
