using System.Globalization;

namespace Platform.Tests.ReadReplicas;

/// <summary>
/// One replica is two seconds behind and the other replays nothing; Redis is down; a user writes and reads at once through
/// two instances. <c>READ_YOUR_WRITES_PAIRS</c> is how many pairs of a write and a read there are.
/// </summary>
public sealed class ReadYourWritesTests
{
    private const int Clients = 16;

    private static readonly int Pairs = int.Parse(
        Environment.GetEnvironmentVariable("READ_YOUR_WRITES_PAIRS") is { Length: > 0 } pairs ? pairs : "320",
        CultureInfo.InvariantCulture);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_user_sees_what_they_have_written_whichever_instance_and_server_answers()
    {
        await using var servers = await StartedServers.StartAsync(Cancellation);
        var databases = new TestDatabases(await Servers.OnAsync(servers), "", ResourceNames.Shards);
        await Numbers.CreateAsync(databases);
        var second = await servers.Topology.AddReplicaAsync("replica2", Cancellation);
        (string, string)[] settings =
        [
            ("ConnectionStrings:shard0-replica-2",
                servers.Topology.ConnectionString(Numbers.Shard, DatabaseRoles.ReadOnly, second)),
            ("ReadReplicas:PrimaryReads", $"{Clients}"),
            // Of a machine that has much to do, patience is asked and no error is of interest here.
            ("Postgres:Timeout", "60"),
            ("Postgres:CommandTimeout", "60"),
            ("Logging:LogLevel:Default", "Error"),
        ];
        await using var one = new TestService(databases, settings);
        await using var other = new TestService(databases, settings);

        await Numbers.WriteAsync(one, "first", 1);
        await Numbers.WriteAsync(other, "first", 2);
        var even = await RunAsync([one, other], withTokens: true, Pairs);
        Assert.Equal(0, even.Stale);
        Assert.True(even.OnReplicas > 0.5 * Pairs, $"Only {even.OnReplicas} reads were on replicas that keep up.");

        await servers.Topology.KillRedisAsync(Cancellation);
        await databases.ExecuteAsync(Numbers.Shard, "ALTER SYSTEM SET recovery_min_apply_delay = '2s'", replica: true);
        await databases.ExecuteAsync(Numbers.Shard, "SELECT pg_reload_conf()", replica: true);
        await ExecuteAsync(
            servers.Topology.ConnectionString(Numbers.Shard, DatabaseRoles.Superuser, second), "SELECT pg_wal_replay_pause()");
        var behind = await RunAsync([one, other], withTokens: true, Pairs);
        var without = await RunAsync([one, other], withTokens: false, 200);

        Report("Replicas that keep up", even);
        Report("One 2 s behind, one paused, no Redis", behind);
        Report("The same without tokens", without);
        Assert.Equal(0, behind.Stale);
        // The checker sees what tokens are for.
        Assert.True(without.Stale > 100, $"Only {without.Stale} of 200 reads without a token were stale.");

        await ExecuteAsync(
            servers.Topology.ConnectionString(Numbers.Shard, DatabaseRoles.Superuser, second), "SELECT pg_wal_replay_resume()");
        var replicas = one.Services.GetRequiredService<Replicas>().Of(Numbers.Shard);
        Assert.Equal(["shard0-replica", "shard0-replica-2"], replicas.Select(replica => replica.Source));
        var token = await Numbers.WriteAsync(one, "last", 1);
        await Eventually.TrueAsync(async () => await Numbers.ReadAsync(one, "last", token) is (1, "replica"), seconds: 60);

        // The second one has it, and the first not yet: the choice is by who has it, not by turn.
        Assert.Equal((1, "replica"), await Numbers.ReadAsync(one, "last", token));
    }

    /// <summary>Each client writes a note of its own through one instance and reads it through the other.</summary>
    private static async Task<Outcome> RunAsync(TestService[] instances, bool withTokens, int pairs)
    {
        var outcome = new Outcome();
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(
            async () =>
            {
                string? token = null;
                for (var i = 1; i <= pairs / Clients; i++)
                {
                    var name = $"{withTokens} {client}";
                    var last = (await Numbers.ReadAsync(instances[0], name, token)).Value;
                    token = await Numbers.WriteAsync(instances[i % 2], name, last + 1, token);
                    var (seen, server) = await Numbers.ReadAsync(instances[(i + 1) % 2], name, withTokens ? token : null);
                    outcome.Add(isStale: seen < last + 1, server);
                }
            },
            Cancellation)));
        return outcome;
    }

    private static void Report(string what, Outcome outcome) =>
        TestContext.Current.SendDiagnosticMessage(
            "{0}: {1} stale of {2}, {3} on replicas.", what, outcome.Stale, outcome.Reads, outcome.OnReplicas);

    private static async Task ExecuteAsync(string server, string sql)
    {
        await using var connection = new NpgsqlConnection($"{server};Pooling=false");
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    private sealed class Outcome
    {
        private int _reads;
        private int _stale;
        private int _onReplicas;

        public int Reads => _reads;

        public int Stale => _stale;

        public int OnReplicas => _onReplicas;

        public void Add(bool isStale, string server)
        {
            Interlocked.Increment(ref _reads);
            Interlocked.Add(ref _stale, isStale ? 1 : 0);
            Interlocked.Add(ref _onReplicas, server == "replica" ? 1 : 0);
        }
    }
}
