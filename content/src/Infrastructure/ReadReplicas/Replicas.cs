using Infrastructure.Persistence;
using Microsoft.Extensions.Configuration;
using Npgsql;

namespace Infrastructure.ReadReplicas;

/// <summary>The replicas of each database, and the news of them.</summary>
internal sealed class Replicas : IDisposable
{
    private readonly Dictionary<string, Replica[]> _byDatabase = [];
    private TaskCompletionSource _news = NewSignal();

    public Replicas(DatabaseNames names, IConfiguration configuration, PrimaryTimelines timelines)
    {
        var servers = new Dictionary<string, ReplicaServer>();
        foreach (var database in names.Primaries)
        {
            _byDatabase.Add(
                database, [.. names.ReplicasOf(database).Select((source, index) => new Replica(source, ServerOf(source, database), index))]);
        }

        Servers = servers.Values;

        ReplicaServer ServerOf(string source, string database)
        {
            var connectionString = configuration.GetConnectionString(source)
                ?? throw new InvalidOperationException($"Connection string '{source}' is missing: set ConnectionStrings__{source}.");
            var host = string.Join(',', PrimaryServers.HostsOf(connectionString));
            return servers.TryGetValue(host, out var known)
                ? known
                : servers[host] = new ReplicaServer(host, source, timelines.Of(database));
        }
    }

    public IReadOnlyCollection<ReplicaServer> Servers { get; }

    /// <summary>Completes when a probe has heard of a server again. Take it before looking, so that no news is missed.</summary>
    public Task News => Volatile.Read(ref _news).Task;

    public IReadOnlyList<Replica> Of(string database) => _byDatabase[database];

    /// <summary>One of those that will do, at random by weight; null when none does.</summary>
    /// <param name="database">The database.</param>
    /// <param name="needed">What it must have replayed; null for anything that is not too old.</param>
    /// <param name="maxLag">What is too old.</param>
    /// <param name="tried">A bit for the <see cref="Replica.Index"/> of each that has refused the read.</param>
    public Replica? Choose(string database, WalPosition? needed, TimeSpan maxLag, ulong tried)
    {
        var replicas = _byDatabase[database];
        Span<double> weights = stackalloc double[replicas.Length];
        var sum = 0.0;
        for (var i = 0; i < replicas.Length; i++)
        {
            sum += weights[i] = replicas[i].IsIn(tried) ? 0 : replicas[i].Server.Weight(needed, maxLag);
        }

        var point = Random.Shared.NextDouble() * sum;
        for (var i = 0; i < replicas.Length; i++)
        {
            if (weights[i] > 0 && (point -= weights[i]) <= 0)
            {
                return replicas[i];
            }
        }

        return null;
    }

    public void Tell() => Interlocked.Exchange(ref _news, NewSignal()).TrySetResult();

    public void Dispose()
    {
        foreach (var server in Servers)
        {
            server.Dispose();
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>A database on a replica.</summary>
/// <param name="Source">Name of the data source.</param>
/// <param name="Index">Among those of the database.</param>
internal sealed record Replica(string Source, ReplicaServer Server, int Index)
{
    public ulong Bit => 1UL << Index;

    public bool IsIn(ulong set) => (set & Bit) != 0;
}
