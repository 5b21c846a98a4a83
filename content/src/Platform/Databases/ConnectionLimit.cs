namespace Platform.Databases;

/// <summary>Refuses a configuration that may open more connections than <see cref="PostgresOptions.MaxConnections"/>.</summary>
internal sealed class ConnectionLimit(IConfiguration configuration) : IValidateOptions<PostgresOptions>
{
    /// <summary>
    /// How many connections an instance may have, by what has them. A pool whose string names several servers counts once: only
    /// the primary gives connections.
    /// </summary>
    public static Dictionary<string, int> Count(IConfiguration configuration, PostgresOptions options)
    {
        var names = DatabaseNames.From(configuration);
        var counts = names.Primaries.Concat(names.Replicas).Concat(names.Workers).ToDictionary(name => name, options.PoolSizeOf);
        // One to each server, and one to announce a new timeline.
        counts.Add("primary-probe", new PrimaryTimelines(configuration).All.Sum(servers => servers.Hosts.Count + 1));
        counts.Add("replica-probe", names.Replicas.Select(configuration.GetConnectionString).OfType<string>()
            .Select(text => string.Join(',', PrimaryServers.HostsOf(text))).Distinct().Count());
        return counts;
    }

    public ValidateOptionsResult Validate(string? name, PostgresOptions options)
    {
        var total = Count(configuration, options).Values.Sum();
        return total <= options.MaxConnections
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(
                $"{PostgresOptions.Section}:{nameof(PostgresOptions.MaxConnections)} is {options.MaxConnections}: the pools "
                + $"and probes may open {total} connections. Allow more, if the servers do, or make the pools smaller.");
    }
}
