namespace Platform.ReadReplicas;

internal static class ReplicaSource
{
    [Sql(Columns = [typeof(int)])]
    private const string SessionSql = "SELECT pg_backend_pid()";

    /// <summary>
    /// Settings of a data source for reads. Commands have no time limit of Npgsql's, which would block a thread to cancel them at
    /// a server that hangs: <see cref="ReadReplicaOptions.TimeoutMilliseconds"/> is their limit.
    /// </summary>
    public static void UseReplica(this NpgsqlDataSourceBuilder source, IConfiguration configuration)
    {
        var options = configuration.GetSection(ReadReplicaOptions.Section).Get<ReadReplicaOptions>() ?? new();
        source.ConnectionStringBuilder.CommandTimeout = 0;
        source.ConnectionStringBuilder.Timeout = options.TimeoutSeconds;
        if (PostgresOptions.PoolerOf(configuration) == Pooler.None)
        {
            source.UsePhysicalConnectionInitializer(connection => AskAsync(connection).GetAwaiter().GetResult(), AskAsync);
        }
    }

    private static async Task AskAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(SessionSql, connection);
        if ((int)(await command.ExecuteScalarAsync())! != connection.ProcessID)
        {
            throw new InvalidOperationException(
                $"The connection to {connection.Database} at {connection.DataSource} leads to a connection pooler: "
                + "set Postgres:Pooler.");
        }
    }
}
