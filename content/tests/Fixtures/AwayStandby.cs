namespace Fixtures;

/// <summary>The replica cannot stream: the primary refuses it. It runs on and replays nothing new.</summary>
internal sealed class AwayStandby(Servers servers) : IAsyncDisposable
{
    private const string Streams =
        "SELECT count(*) FROM pg_stat_replication WHERE application_name = 'replica' AND state = 'streaming'";

    private bool _isAway = true;

    public static async Task<AwayStandby> SendAsync(Servers servers)
    {
        var standby = new AwayStandby(servers);
        await standby.ExecuteAsync("ALTER ROLE replicator NOLOGIN");
        await standby.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_replication");
        await Eventually.TrueAsync(async () => await standby.CountAsync(Streams) == 0);
        return standby;
    }

    /// <summary>Sessions whose COMMIT waits for the standby.</summary>
    public Task<long> WaitingAsync() => CountAsync("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");

    /// <summary>An administrator ends these waits.</summary>
    public Task CancelWaitsAsync() =>
        ExecuteAsync("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");

    public async Task ReturnAsync()
    {
        _isAway = false;
        // Nobody would confirm this commit.
        await ExecuteAsync("SET synchronous_commit = local; ALTER ROLE replicator LOGIN");
        await Eventually.TrueAsync(async () => await CountAsync(Streams) == 1);
    }

    public async ValueTask DisposeAsync()
    {
        if (_isAway)
        {
            await ReturnAsync();
        }
    }

    private async Task<long> CountAsync(string sql) =>
        (long)await Sql.ScalarAsync(servers.ConnectionString("postgres", DatabaseRoles.Superuser), sql);

    private Task ExecuteAsync(string sql) => servers.ExecuteAsync("postgres", DatabaseRoles.Superuser, sql);
}
