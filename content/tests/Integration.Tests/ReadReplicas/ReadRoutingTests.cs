using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace Integration.Tests.ReadReplicas;

public sealed class ReadRoutingTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>, IAsyncLifetime
{
    private readonly TestService _service = fixture.Service;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await Numbers.CreateAsync(_service.Databases);
        await _service.Databases.ReplicaHasCaughtUpAsync();
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_read_with_a_newer_token_skips_a_lagging_replica()
    {
        var old = await Numbers.WriteAsync(_service, "note", 1);
        string token;
        await using (await PausedReplica.PauseAsync(_service.Databases))
        {
            token = await Numbers.WriteAsync(_service, "note", 2);

            Assert.Equal((2, "primary"), await Numbers.ReadAsync(_service, "note", token));
            Assert.Equal((1, "replica"), await Numbers.ReadAsync(_service, "note", old));
            Assert.Equal((1, "replica"), await Numbers.ReadAsync(_service, "note"));
        }

        // Once the probe has heard of it.
        await Eventually.TrueAsync(async () => await Numbers.ReadAsync(_service, "note", token) is (2, "replica"));
    }

    [Fact]
    public async Task A_read_without_a_token_goes_to_the_replica()
    {
        var servers = new ConcurrentBag<string>();
        await Parallel.ForAsync(
            0, 400, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Cancellation }, async (i, _) =>
        {
            if (i % 8 == 0)
            {
                await Numbers.WriteAsync(_service, $"note {i}", i);
            }

            servers.Add((await Numbers.ReadAsync(_service, $"note {i}")).Server);
        });

        Assert.True(servers.Count(server => server == "replica") >= 0.95 * servers.Count);
    }

    [Fact]
    public async Task A_read_waits_for_a_replica_that_is_nearly_there()
    {
        await using var patient = new TestService(_service.Databases, ("ReadReplicas:WaitMilliseconds", "20000"));
        _ = patient.Services;
        await using var paused = await PausedReplica.PauseAsync(_service.Databases);
        var token = await Numbers.WriteAsync(patient, "note", 3);
        var read = Numbers.ReadAsync(patient, "note", token);
        await Task.Delay(100, Cancellation);
        Assert.False(read.IsCompleted);

        await paused.DisposeAsync();
        Assert.Equal((3, "replica"), await read);
    }

    [Fact]
    public async Task A_replica_whose_replay_is_paused_is_waited_for_once_and_not_by_each_read()
    {
        const int Reads = 30;
        await using var service = new TestService(_service.Databases);
        var waits = new Waits(service.Services);
        await Numbers.WriteAsync(service, "note", 20);
        await using (await PausedReplica.PauseAsync(_service.Databases))
        {
            for (var i = 0; i < Reads; i++)
            {
                var token = await Numbers.WriteAsync(service, "note", 21 + i);
                Assert.Equal((21 + i, "primary"), await Numbers.ReadAsync(service, "note", token));
            }
        }

        Assert.InRange(waits.Count, 1, 3);
        await _service.Databases.ReplicaHasCaughtUpAsync();
        var last = await Numbers.WriteAsync(service, "note", 60);
        await Eventually.TrueAsync(async () => await Numbers.ReadAsync(service, "note", last) is (60, "replica"));
    }

    [Fact]
    public async Task An_endpoint_may_ask_for_less_or_for_more()
    {
        await Numbers.WriteAsync(_service, "note", 6);
        await using var paused = await PausedReplica.PauseAsync(_service.Databases);
        var token = await Numbers.WriteAsync(_service, "note", 7);

        Assert.Equal((6, "replica"), await Numbers.ReadAsync(_service, "note", token, Consistency.Eventual));
        Assert.Equal((7, "primary"), await Numbers.ReadAsync(_service, "note", token: null, Consistency.Strong));
    }

    [Fact]
    public async Task When_the_primary_has_as_many_reads_as_it_may_have_the_next_is_refused()
    {
        await using var service = new TestService(_service.Databases, ("ReadReplicas:PrimaryReads", "1"));
        _ = service.Services;
        await using var paused = await PausedReplica.PauseAsync(_service.Databases);
        var token = await Numbers.WriteAsync(service, "note", 8);
        await using var one = Request.Begin(service, token);
        await using var other = Request.Begin(service, token);
        var route = await one.Get<ReadRouting>().RouteAsync(Numbers.Shard, tried: 0, Cancellation);
        Assert.Equal(Numbers.Shard, route.Source);

        var refused = await Assert.ThrowsAsync<ReadRefusedException>(
            async () => await other.Get<ReadRouting>().RouteAsync(Numbers.Shard, tried: 0, Cancellation));
        var context = new DefaultHttpContext { RequestServices = service.Services };
        Assert.True(await service.Services.GetServices<IExceptionHandler>().OfType<DatabaseExceptionHandler>().Single()
            .TryHandleAsync(context, refused, Cancellation));
        Assert.Equal((StatusCodes.Status503ServiceUnavailable, "1"),
            (context.Response.StatusCode, context.Response.Headers.RetryAfter.ToString()));

        route.Dispose();
        (await other.Get<ReadRouting>().RouteAsync(Numbers.Shard, tried: 0, Cancellation)).Dispose();
    }

    [Fact]
    public async Task A_replica_that_is_too_far_behind_answers_no_read_without_a_token()
    {
        await using var service = new TestService(
            _service.Databases, ("ReadReplicas:MaxLagSeconds", "0.5"), ("Failover:ProbeMilliseconds", "50"));
        _ = service.Services;
        await using (await PausedReplica.PauseAsync(_service.Databases))
        {
            Assert.Equal("replica", (await Numbers.ReadAsync(service, "note")).Server);
            await Numbers.WriteAsync(service, "note", 9);
            await Eventually.TrueAsync(async () => await Numbers.ReadAsync(service, "note") is (9, "primary"));
        }

        await Eventually.TrueAsync(async () => await Numbers.ReadAsync(service, "note") is (9, "replica"));
    }

    [Fact]
    public async Task Without_a_replica_that_answers_reads_go_to_the_primary()
    {
        var nobody = "Host=localhost;Port=1;Username=app_ro;Database=shard0;Timeout=1";
        await using var service = new TestService(_service.Databases, ("ConnectionStrings:shard0-replica", nobody));
        await Numbers.WriteAsync(service, "note", 10);

        Assert.Equal((10, "primary"), await Numbers.ReadAsync(service, "note"));
    }

    [Fact]
    public async Task A_read_that_a_replica_breaks_off_is_made_again_elsewhere()
    {
        await using var service = new TestService(_service.Databases, ("Postgres:ApplicationName", "broken-off"));
        await Numbers.WriteAsync(service, "note", 11);
        await _service.Databases.ReplicaHasCaughtUpAsync();
        Assert.Equal((11, "replica"), await Numbers.ReadAsync(service, "note"));
        await _service.Databases.ExecuteAsync(
            Numbers.Shard,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app_ro' AND application_name = 'broken-off'",
            replica: true);

        Assert.Equal(11, (await Numbers.ReadAsync(service, "note")).Value);
        await Eventually.TrueAsync(async () => await Numbers.ReadAsync(service, "note") is (11, "replica"));
    }

    /// <summary>Every command that Npgsql sends has a span, but for the probes'.</summary>
    [Fact]
    public async Task A_token_costs_no_round_trip_once_the_replica_has_caught_up()
    {
        var token = await Numbers.WriteAsync(_service, "note", 12);
        await _service.Databases.ReplicaHasCaughtUpAsync();
        Assert.Equal("replica", (await Numbers.ReadAsync(_service, "note", token)).Server);

        var commands = new ConcurrentBag<string>();
        var scope = new ActivitySource("counted");
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "Npgsql" or "counted",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                if (activity.Source.Name == "Npgsql" && activity.Parent?.Source.Name == "counted")
                {
                    commands.Add(activity.DisplayName);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        foreach (var with in new[] { null, token })
        {
            commands.Clear();
            for (var i = 0; i < 50; i++)
            {
                using var reading = scope.StartActivity("read");
                Assert.Equal((12, "replica"), await Numbers.ReadAsync(_service, "note", with));
            }

            Assert.Equal(50, commands.Count);
        }
    }

    /// <summary>How often reads have waited for a replica.</summary>
    private sealed class Waits
    {
        private int _count;

        public Waits(IServiceProvider services)
        {
            var scope = services.GetRequiredService<IMeterFactory>();
            var listener = new MeterListener
            {
                InstrumentPublished = (instrument, listener) =>
                {
                    if (instrument.Name == "reads.replica_wait" && ReferenceEquals(instrument.Meter.Scope, scope))
                    {
                        listener.EnableMeasurementEvents(instrument);
                    }
                },
            };
            listener.SetMeasurementEventCallback<double>((_, _, _, _) => Interlocked.Increment(ref _count));
            listener.Start();
        }

        public int Count => _count;
    }
}
