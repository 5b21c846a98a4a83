namespace Platform.Tests.Failover;

/// <summary>What an instance costs that nobody uses.</summary>
[Collection(nameof(Timed))]
public sealed class IdleTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_idle_instance_sends_at_most_one_statement_a_second_and_makes_no_trace()
    {
        await using var servers = await StartedServers.StartAsync(Cancellation);
        var databases = new TestDatabases(await Servers.OnAsync(servers), "", ResourceNames.Shards);
        await Numbers.CreateAsync(databases);
        await using var service = new TestService(databases);
        await Numbers.WriteAsync(service, "note", 1);
        await Numbers.ReadAsync(service, "note");
        // It asks often for some seconds after a use.
        await Task.Delay(TimeSpan.FromSeconds(8), Cancellation);

        using var traces = new Traces();
        var idle = await StatementsPerSecondAsync(TimeSpan.FromSeconds(30));
        Assert.InRange(idle, 0.01, 1);
        Assert.Empty(traces.Roots);

        // A loop that polls too often is seen.
        await using var chatty = new TestService(databases, ("Sagas:PollMilliseconds", "100"));
        _ = chatty.Services;
        Assert.InRange(await StatementsPerSecondAsync(TimeSpan.FromSeconds(5)), 5, 1_000);
    }

    /// <summary>The old primary still runs and takes writes from any client.</summary>
    [Fact]
    public async Task A_primary_that_changed_while_nobody_used_it_gets_the_first_write()
    {
        await using var servers = await StartedServers.StartAsync(Cancellation);
        var databases = await FailoverNotes.PrepareAsync(servers);
        await using var service = FailoverNotes.Start(databases);
        await FailoverNotes.WriteAsync(service, "before");
        await databases.ReplicaHasCaughtUpAsync();
        var known = service.Services.GetRequiredService<PrimaryTimelines>().Of(FailoverNotes.Shard);
        await Eventually.TrueAsync(() => known.PaceOf(known.Known.Host).IsIdle);
        // The last quick probe.
        await Task.Delay(500, Cancellation);

        await servers.Topology.PromoteReplicaAsync(Cancellation);
        Assert.Equal(1, known.Known.Timeline);
        await FailoverNotes.WriteAsync(service, "after");

        Assert.Equal(["before"], await FailoverNotes.NotesAsync(databases, onNew: false));
        Assert.Equal(["after", "before"], (await FailoverNotes.NotesAsync(databases, onNew: true)).Order());
    }

    /// <summary>
    /// What Npgsql sends from this process, probes included. The counters of a server tell less: they leave out transactions
    /// that touch no table.
    /// </summary>
    private static async Task<double> StatementsPerSecondAsync(TimeSpan time)
    {
        using var sent = new Measurements("Npgsql");
        var clock = Stopwatch.StartNew();
        await Task.Delay(time, Cancellation);
        var rate = sent.All.Count(one => one is { Name: "db.client.operation.npgsql.executing", Value: 1 })
            / clock.Elapsed.TotalSeconds;
        TestContext.Current.TestOutputHelper?.WriteLine($"{rate:0.00} statements a second.");
        return rate;
    }

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
