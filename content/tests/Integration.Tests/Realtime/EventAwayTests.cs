using Platform.Realtime;

namespace Integration.Tests.Realtime;

/// <summary>A client of a shard that cannot be read gets its heartbeats, and its events when the shard is back.</summary>
public sealed class EventAwayTests(ServersFixture fixture) : IClassFixture<ServersFixture>
{
    private readonly string _subject = TestService.NewSubject();

    private UserId Owner => TestService.UserOf(_subject);

    [Fact]
    public async Task A_shard_that_refuses_connections_costs_its_clients_heartbeats_and_nothing_more()
    {
        const string Nowhere = "Host=localhost;Port=1;Username=nobody;Database=nothing";
        await using var service = new TestService(
            await fixture.Servers.CreateDatabasesAsync(),
            ("ConnectionStrings:shard0", Nowhere),
            ("ConnectionStrings:shard0-worker", Nowhere),
            ("Realtime:HeartbeatSeconds", "1"),
            ("Logging:LogLevel:Default", "Critical"),
            ("Logging:LogLevel:Microsoft.EntityFrameworkCore", "None"));
        await using var client = new EventClient(_subject);
        await client.ConnectAsync(service);

        await AssertHeartbeatsOnlyAsync(client);
    }

    [Fact]
    public async Task An_error_that_stays_costs_heartbeats_and_ends_when_it_is_mended()
    {
        var databases = await fixture.Servers.CreateDatabasesAsync();
        await using var service = new TestService(
            databases, ("Realtime:HeartbeatSeconds", "1"), ("Logging:LogLevel:Default", "None"),
            ("Logging:LogLevel:Microsoft.EntityFrameworkCore", "None"));
        await databases.ExecuteAsync("shard0", "REVOKE SELECT ON events FROM app_rw");
        await using var client = new EventClient(_subject);
        await client.ConnectAsync(service);
        await AssertHeartbeatsOnlyAsync(client);

        await databases.ExecuteAsync("shard0", "GRANT SELECT ON events TO app_rw");
        await client.UntilAsync("ready");
        await service.PublishAsync(Owner, 1);
        Assert.Equal([1], await client.UntilCountAsync(1));
    }

    [Fact]
    public async Task A_meter_tells_the_age_of_the_oldest_event_that_is_held_back()
    {
        var databases = await fixture.Servers.CreateDatabasesAsync();
        await using var service = new TestService(databases);
        using var measurements = new Measurements(RealtimeTelemetry.Name, service.Services);
        await using var client = new EventClient(_subject);
        await client.ConnectAsync(service);
        await client.UntilAsync("ready");
        await using var older = await databases.ConnectAsync("shard0");
        await older.ExecuteAsync("BEGIN; SELECT pg_current_xact_id()");

        await service.PublishAsync(Owner, 1);
        await Eventually.TrueAsync(() => Pending() >= 1);
        await older.ExecuteAsync("ROLLBACK");

        Assert.Equal([1], await client.UntilCountAsync(1));
        await Eventually.TrueAsync(() => Pending() == 0);

        long Pending() => measurements.All
            .LastOrDefault(one => one.Name == "events.oldest_pending" && one.TagText == "shard0")?.Value ?? 0;
    }

    /// <summary>One a second, apart from two at the start. They may be late, but not more.</summary>
    private static async Task AssertHeartbeatsOnlyAsync(EventClient client)
    {
        await client.UntilAsync("heartbeat");
        await client.UntilAsync("heartbeat");
        var waited = Stopwatch.StartNew();
        for (var n = 0; n < 5; n++)
        {
            Assert.Equal("heartbeat", (await client.NextAsync())!.Value.EventType);
        }

        Assert.InRange(waited.Elapsed.TotalSeconds, 4, 30);
    }
}
