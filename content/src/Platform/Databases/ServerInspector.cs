using System.Net;
using Application.Servers;
using StackExchange.Redis;

namespace Platform.Databases;

/// <summary>Asks every server who it is, all at once.</summary>
internal sealed class ServerInspector(DataSources sources, DatabaseNames names, IConnectionMultiplexer redis)
    : IServerInspector
{
    /// <summary>A replica that has replayed all it received has no lag, however long ago the last commit was.</summary>
    [Sql(Columns =
    [
        typeof(string), typeof(string), typeof(int), typeof(string), typeof(string), typeof(string), typeof(string),
        typeof(double),
    ])]
    private const string WhoAreYou = """
        SELECT CASE WHEN pg_is_in_recovery() THEN 'replica' ELSE 'primary' END,
               host(inet_server_addr()),
               inet_server_port(),
               current_database()::text,
               current_user::text,
               (SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()),
               'PostgreSQL ' || current_setting('server_version'),
               CASE WHEN NOT pg_is_in_recovery() THEN NULL
                    WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
                    ELSE extract(epoch FROM now() - pg_last_xact_replay_timestamp())::float8
               END
        """;

    private const int TimeoutSeconds = 5;

    public async Task<IReadOnlyList<ServerView>> InspectAsync(CancellationToken cancellationToken) => await Task.WhenAll(
        [.. names.Primaries.Concat(names.Replicas).Select(name => AskPostgresAsync(name, cancellationToken)), AskRedisAsync()]);

    private async Task<ServerView> AskPostgresAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            await using var command = sources.For(name).CreateCommand(WhoAreYou);
            command.CommandTimeout = TimeoutSeconds;
            await using var row = await command.ExecuteReaderAsync(cancellationToken);
            await row.ReadAsync(cancellationToken);
            return new ServerView(
                name, row.GetString(0), row.GetString(1), row.GetInt32(2), row.GetString(3), row.GetString(4),
                row.IsDBNull(5) ? null : row.GetString(5), row.GetString(6), row.IsDBNull(7) ? null : row.GetDouble(7));
        }
        catch (NpgsqlException exception)
        {
            return new ServerView(name, Error: exception.Message);
        }
    }

    private async Task<ServerView> AskRedisAsync()
    {
        try
        {
            var database = redis.GetDatabase();
            var client = Fields((string?)await database.ExecuteAsync("CLIENT", "INFO"), ' ', '=');
            var server = Fields((string?)await database.ExecuteAsync("INFO"), '\n', ':');
            var address = IPEndPoint.Parse(client["laddr"]);
            return new ServerView(
                "redis", server["role"] == "master" ? "primary" : "replica", address.Address.ToString(), address.Port,
                client["db"], client["user"], Version: $"Redis {server["redis_version"]}");
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            return new ServerView("redis", Error: exception.Message);
        }
    }

    /// <summary>Reads lines or words of the form key, separator, value.</summary>
    private static Dictionary<string, string> Fields(string? text, char between, char separator) => (text ?? "")
        .Split(between, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        .Select(field => field.Split(separator, 2))
        .Where(field => field.Length == 2)
        .ToDictionary(field => field[0], field => field[1]);
}
