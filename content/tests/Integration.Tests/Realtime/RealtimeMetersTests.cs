using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Acme.Service.Domain.Common;
using Acme.Service.Infrastructure.Realtime;
using Acme.Service.Integration.Tests.Fixtures;

namespace Acme.Service.Integration.Tests.Realtime;

public sealed class RealtimeMetersTests(Servers servers)
{
    [Fact]
    public async Task Meters_tell_who_is_connected_what_was_read_and_who_was_reset()
    {
        await using var service = new TestService(await servers.CreateDatabasesAsync());
        var counted = new ConcurrentDictionary<string, long>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == RealtimeTelemetry.Name)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>(Count);
        listener.SetMeasurementEventCallback<int>(Count);
        listener.Start();
        var subject = TestService.NewSubject();
        await using (var client = new EventClient(subject) { LastId = "unknown" })
        {
            await client.ConnectAsync(service);
            await client.UntilAsync("reset");
            Assert.Equal(1, counted["events.clients "]);
            await service.PublishAsync(UserId.FromSubject(subject), 1, 2);
            await client.UntilCountAsync(2);
        }

        Assert.Equal(1, counted["events.resets unknown position"]);
        Assert.Equal(2, counted["events.read shard0"]);
        for (var n = 0; counted["events.clients "] > 0; n++)
        {
            Assert.True(n < 100, "The client is still counted.");
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        void Count<T>(Instrument instrument, T change, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
            where T : struct, IConvertible =>
            counted.AddOrUpdate(
                $"{instrument.Name} {string.Join(' ', tags.ToArray().Select(tag => tag.Value))}",
                change.ToInt64(null), (_, sum) => sum + change.ToInt64(null));
    }
}
