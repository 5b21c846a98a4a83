using Platform.Realtime;

namespace Integration.Tests.Realtime;

public sealed class RealtimeMetersTests(ServersFixture fixture) : IClassFixture<ServersFixture>
{
    [Fact]
    public async Task Meters_tell_who_is_connected_what_was_read_and_who_was_reset()
    {
        await using var service = new TestService(await fixture.Servers.CreateDatabasesAsync());
        using var measurements = new Measurements(RealtimeTelemetry.Name, service.Services);
        var subject = TestService.NewSubject();
        await using (var client = new EventClient(subject) { LastId = "unknown" })
        {
            await client.ConnectAsync(service);
            await client.UntilAsync("reset");
            Assert.Equal(1, measurements.Sum("events.clients"));
            await service.PublishAsync(TestService.UserOf(subject), 1, 2);
            await client.UntilCountAsync(2);
        }

        Assert.Equal(1, measurements.Sum("events.resets", "unknown position"));
        Assert.Equal(2, measurements.Sum("events.read", "shard0"));
        await Eventually.TrueAsync(() => measurements.Sum("events.clients") == 0, seconds: 10);
    }
}
