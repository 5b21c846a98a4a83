namespace Platform.Failover;

internal static class PrimaryFence
{
    /// <summary>
    /// For a command-line run, which needs a connection or two: the primary, of however many servers the connection string
    /// names. Nothing is pooled.
    /// </summary>
    /// <param name="settings">Further settings of the connection; they win over the connection string's.</param>
    internal static NpgsqlDataSource PrimaryOf(
        this IConfiguration configuration, string database, Action<NpgsqlConnectionStringBuilder>? settings = null)
    {
        var source = new NpgsqlDataSourceBuilder(configuration.GetConnectionString(database));
        source.ConnectionStringBuilder.Pooling = false;
        settings?.Invoke(source.ConnectionStringBuilder);
        source.UsePrimaryFence(new PrimaryTimelines(configuration), database);
        return source.Build();
    }

    /// <summary>
    /// Makes a data source hand out connections only to a server that takes writes on the highest timeline that this process
    /// has seen.
    /// </summary>
    /// <param name="source">Named by the connection string of <paramref name="database"/>.</param>
    /// <param name="timelines">Of this process.</param>
    /// <param name="database">Name of the connection string.</param>
    /// <param name="host">The one of its servers to connect to; null for whichever is the primary.</param>
    public static void UsePrimaryFence(
        this NpgsqlDataSourceBuilder source, PrimaryTimelines timelines, string database, string? host = null)
    {
        var servers = timelines.Of(database);
        source.ConnectionStringBuilder.Host = host ?? string.Join(',', servers.Hosts);

        // Npgsql runs this on each new connection before anyone gets it.
        source.UsePhysicalConnectionInitializer(
            connection => CheckAsync(connection).GetAwaiter().GetResult(), CheckAsync);

        async Task CheckAsync(NpgsqlConnection connection)
        {
            await servers.AskedAllAsync();
            var state = await ServerState.AskAsync(connection, CancellationToken.None);
            servers.RefusePooler(state);
            if (!servers.Admits(host ?? $"{connection.Host}:{connection.Port}", state))
            {
                throw Refused(state, servers.Known);
            }
        }
    }

    private static NotPrimaryException Refused(ServerState server, KnownPrimary known) => new(
        server.Timeline == 0 ? "The server is in recovery and takes no writes."
            : server.Cluster != known.Cluster ? "The server is of another cluster than the primary."
            : $"The server is an old primary: it is on timeline {server.Timeline}, and {known.Timeline} was seen.");
}
