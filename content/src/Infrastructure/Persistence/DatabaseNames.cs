using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;

namespace Acme.Service.Infrastructure.Persistence;

/// <summary>
/// Names of the databases, which are the names of their connection strings: <c>directory</c>, <c>shard0</c>,
/// <c>shard1</c>, … on the primary, the same with <c>-replica</c> on the replica, and with <c>-worker</c> for background
/// work on the primary. A shard is added by configuring it.
/// </summary>
public sealed partial class DatabaseNames
{
    public const string Directory = "directory";

    private DatabaseNames(IReadOnlyList<string> shards) => Shards = shards;

    /// <summary>In the order of their numbers.</summary>
    public IReadOnlyList<string> Shards { get; }

    public IEnumerable<string> Primaries => [Directory, .. Shards];

    public IEnumerable<string> Replicas => Primaries.Select(ReplicaOf);

    /// <summary>The primaries once more, for background work.</summary>
    public IEnumerable<string> Workers => Primaries.Select(WorkerOf);

    public static string ReplicaOf(string database) => $"{database}-replica";

    public static string WorkerOf(string database) => $"{database}-worker";

    /// <exception cref="InvalidOperationException">No shard is configured.</exception>
    public static DatabaseNames From(IConfiguration configuration)
    {
        var shards = configuration.GetSection("ConnectionStrings").GetChildren()
            .Select(child => child.Key.ToLowerInvariant())
            .Where(key => ShardName().IsMatch(key))
            .OrderBy(key => key.Length).ThenBy(key => key, StringComparer.Ordinal)
            .ToArray();
        return shards.Length > 0 && configuration.GetConnectionString(Directory) is not null
            ? new DatabaseNames(shards)
            : throw new InvalidOperationException(
                "No databases are configured: connection strings 'directory' and 'shard0' are missing. " +
                "Start the service by its AppHost or LocalHost, or set ConnectionStrings__directory and so on.");
    }

    [GeneratedRegex("^shard[0-9]+$")]
    private static partial Regex ShardName();
}
