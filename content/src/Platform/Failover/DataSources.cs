namespace Platform.Failover;

/// <summary>The data sources by the names of their connection strings, each on the server that is its primary now.</summary>
public sealed class DataSources(IServiceProvider services, PrimaryTimelines timelines)
{
    /// <summary>
    /// The data source to use now. Ask again for each piece of work: after a promotion it is one on another server.
    /// </summary>
    /// <param name="database">Name of a connection string; that of a replica gives its only data source.</param>
    public NpgsqlDataSource For(string database) => timelines.Knows(database)
        ? On(timelines.Of(database).Known.Host, database)
        : services.GetRequiredKeyedService<NpgsqlDataSource>(database);

    /// <summary>
    /// Closes the connections to the servers of <paramref name="database"/>, those in use when they are returned. To be
    /// called when a server has answered TL001: it is an old primary, and the pool may have more connections to it.
    /// </summary>
    public void DropConnections(string database) => DropConnections(timelines.Of(database));

    internal void DropConnections(PrimaryServers servers)
    {
        foreach (var database in servers.Databases)
        {
            foreach (var host in servers.Hosts)
            {
                On(host, database).Clear();
            }
        }
    }

    private NpgsqlDataSource On(string host, string database) =>
        services.GetRequiredKeyedService<NpgsqlDataSource>(PrimaryTimelines.KeyOf(database, host));
}
