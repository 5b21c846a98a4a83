using NpgsqlTypes;
using StackExchange.Redis;

namespace Platform.Tests.Caching;

/// <summary>Servers of a test class's own, with a table of things in the directory.</summary>
public sealed class OwnServers : IAsyncLifetime
{
    private const string Superuser = "postgres";

    private StartedServers? _servers;
    private NpgsqlDataSource? _primary;
    private NpgsqlDataSource? _replica;

    internal LocalTopology Topology => _servers!.Topology;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _servers = await StartedServers.StartAsync(Cancellation);
        _primary = NpgsqlDataSource.Create(_servers.ConnectionString("directory", Superuser, replica: false));
        _replica = NpgsqlDataSource.Create(_servers.ConnectionString("directory", Superuser, replica: true));
        await ExecuteAsync("CREATE TABLE things (key text PRIMARY KEY, version bigint NOT NULL)");
    }

    public async ValueTask DisposeAsync()
    {
        await (_primary?.DisposeAsync() ?? default);
        await (_replica?.DisposeAsync() ?? default);
        await (_servers?.DisposeAsync() ?? default);
    }

    /// <summary>Connects anew within half a second when it has lost Redis.</summary>
    internal async Task<ConnectionMultiplexer> ConnectAsync()
    {
        var options = ConfigurationOptions.Parse(Topology.RedisConnectionString);
        (options.AbortOnConnectFail, options.ConnectTimeout, options.ReconnectRetryPolicy) = (false, 500, new LinearRetry(200));
        return await ConnectionMultiplexer.ConnectAsync(options);
    }

    internal Task WriteAsync(string key, long version) => ExecuteAsync(
        $"INSERT INTO things VALUES ('{key}', {version}) ON CONFLICT (key) DO UPDATE SET version = excluded.version");

    internal Task PauseReplayAsync() => ExecuteAsync("SELECT pg_wal_replay_pause()", _replica);

    internal Task ResumeReplayAsync() => ExecuteAsync("SELECT pg_wal_replay_resume()", _replica);

    internal async Task ReplicaHasCaughtUpAsync()
    {
        var position = await PositionAsync();
        await Eventually.TrueAsync(async () => (await ReplayedAsync()).Covers(position!.Value), seconds: 60);
    }

    /// <summary>How far the primary is.</summary>
    internal async Task<WalPosition?> PositionAsync() =>
        new WalPosition(1, (ulong)await ScalarAsync<NpgsqlLogSequenceNumber>("SELECT pg_current_wal_flush_lsn()", _primary!));

    internal async Task<Platform.Caching.Loaded<Thing>> LoadAsync(string key, bool replica)
    {
        WalPosition? seen = replica ? await ReplayedAsync() : null;
        var version = await ScalarAsync<long>($"SELECT version FROM things WHERE key = '{key}'", replica ? _replica! : _primary!);
        return new(new Thing(version), version, seen);
    }

    private async Task<WalPosition> ReplayedAsync() =>
        new(1, (ulong)await ScalarAsync<NpgsqlLogSequenceNumber>("SELECT pg_last_wal_replay_lsn()", _replica!));

    private static async Task<T> ScalarAsync<T>(string sql, NpgsqlDataSource source)
    {
        await using var command = source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync(Cancellation);
        Assert.True(await reader.ReadAsync(Cancellation));
        return await reader.GetFieldValueAsync<T>(0, Cancellation);
    }

    private async Task ExecuteAsync(string sql, NpgsqlDataSource? source = null)
    {
        await using var command = (source ?? _primary!).CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancellation);
    }
}
