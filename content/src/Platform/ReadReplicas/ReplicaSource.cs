using Microsoft.Extensions.Configuration;
using Npgsql;
using Platform.Common;

namespace Platform.ReadReplicas;

public static class ReplicaSource
{
    [Sql(Columns = [typeof(string), typeof(string)])]
    private const string KeepSql = $"""
        SELECT set_config('app.cluster', {ServerSql.Cluster}::text, false),
               set_config('app.timeline', (SELECT last_value FROM primary_timeline)::text, false)
        """;

    /// <summary>
    /// Settings of a data source for reads. Each new connection is asked once of which cluster its server is, and which
    /// timeline it replays, and the session keeps it. Commands have no time limit of Npgsql's, which would block a thread to
    /// cancel them at a server that hangs: <see cref="ReadReplicaOptions.TimeoutMilliseconds"/> is their limit.
    /// </summary>
    public static void UseReplica(this NpgsqlDataSourceBuilder source, IConfiguration configuration)
    {
        var options = configuration.GetSection(ReadReplicaOptions.Section).Get<ReadReplicaOptions>() ?? new();
        source.ConnectionStringBuilder.CommandTimeout = 0;
        source.ConnectionStringBuilder.Timeout = options.TimeoutSeconds;
        source.UsePhysicalConnectionInitializer(connection => AskAsync(connection).GetAwaiter().GetResult(), AskAsync);
    }

    private static async Task AskAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(KeepSql, connection);
        await command.ExecuteScalarAsync();
    }
}
