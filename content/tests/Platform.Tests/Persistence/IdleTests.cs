using System.Collections.Concurrent;
using System.Diagnostics;
using Integration.Tests.Fixtures;
using Topology;

namespace Platform.Tests.Persistence;

/// <summary>What an instance costs that nobody uses.</summary>
[Collection(nameof(Timed))]
public sealed class IdleTests
{
    /// <summary>Of the service's own databases, so neither the test's statements nor the replication's.</summary>
    private static readonly string CountSql =
        "SELECT sum(xact_commit + xact_rollback)::bigint FROM pg_stat_database "
        + $"WHERE datname IN ({string.Join(", ", ResourceNames.Databases.Select(name => $"'{name}'"))})";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_idle_instance_makes_at_most_one_transaction_a_second_and_no_trace()
    {
        await using var servers = await StartedServers.StartAsync(Cancellation);
        var databases = new Databases(await Servers.OnAsync(servers), "", ResourceNames.Shards);
        // Its workers make transactions in the same databases.
        await ExecuteAsync(servers, "ALTER SYSTEM SET autovacuum = off");
        await ExecuteAsync(servers, "SELECT pg_reload_conf()");
        await Notes.CreateAsync(databases);
        await using var service = new TestService(databases);
        await Notes.WriteAsync(service, "note", 1);
        await Notes.ReadAsync(service, "note");
        // It asks often for some seconds after a use, and a server counts the last transactions of a session 10 s later.
        await Task.Delay(TimeSpan.FromSeconds(16), Cancellation);

        using var traces = new Traces();
        var idle = await RateAsync(servers, TimeSpan.FromSeconds(30));
        Assert.True(idle <= 1, $"{idle:0.00} transactions a second.");
        Assert.Empty(traces.Roots);

        // A loop that polls too often is seen.
        await using var chatty = new TestService(databases, ("Sagas:PollMilliseconds", "100"));
        _ = chatty.Services;
        Assert.InRange(await RateAsync(servers, TimeSpan.FromSeconds(5)), 5, 1_000);
    }

    private static async Task<double> RateAsync(StartedServers servers, TimeSpan time)
    {
        var clock = Stopwatch.StartNew();
        var before = await CountAsync(servers);
        await Task.Delay(time, Cancellation);
        var count = await CountAsync(servers);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"Primary {count.Primary - before.Primary} and replica {count.Replica - before.Replica} in {clock.Elapsed.TotalSeconds:0.0} s.");
        return (count.Primary + count.Replica - before.Primary - before.Replica) / clock.Elapsed.TotalSeconds;
    }

    private static async Task<(long Primary, long Replica)> CountAsync(StartedServers servers) =>
        ((long)await ExecuteAsync(servers, CountSql), (long)await ExecuteAsync(servers, CountSql, onReplica: true));

    private static async Task<object> ExecuteAsync(StartedServers servers, string sql, bool onReplica = false) =>
        (await Sql.QueryAsync(servers.Topology.ConnectionString("postgres", DatabaseRoles.Superuser, onReplica), sql)).FirstOrDefault(0);

    /// <summary>Spans that begin a trace. The service's sampler drops those of single statements.</summary>
    private sealed class Traces : IDisposable
    {
        private readonly ActivityListener _listener;

        public Traces()
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = _ => true,
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
                ActivityStarted = activity =>
                {
                    if (activity is { ParentId: null } && activity.Kind != ActivityKind.Client)
                    {
                        Roots.Add(activity.DisplayName);
                    }
                },
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public ConcurrentBag<string> Roots { get; } = [];

        public void Dispose() => _listener.Dispose();
    }
}
