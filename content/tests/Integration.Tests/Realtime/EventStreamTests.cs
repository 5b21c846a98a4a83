using System.Net.WebSockets;
using Application.Realtime;
using Microsoft.Extensions.Hosting;
using Platform.Realtime;

namespace Integration.Tests.Realtime;

public sealed class EventStreamTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private readonly TestService _service = fixture.Service;
    private readonly string _subject = TestService.NewSubject();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private UserId Owner => TestService.UserOf(_subject);

    [Fact]
    public async Task A_heartbeat_comes_at_once_and_again_and_again()
    {
        await using var service = new TestService(_service.Databases, ("Realtime:HeartbeatSeconds", "0.3"));
        _ = service.Services;
        await using var client = new EventClient(_subject);
        var waited = Stopwatch.StartNew();
        await client.ConnectAsync(service);

        Assert.Equal("heartbeat", (await client.NextAsync())!.Value.EventType);
        Assert.True(waited.Elapsed < TimeSpan.FromSeconds(2), $"{waited.ElapsedMilliseconds} ms");
        await client.UntilAsync("ready");
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("heartbeat", (await client.NextAsync(seconds: 5))!.Value.EventType);
        }
    }

    [Fact]
    public async Task WebSocket_tells_the_same_as_server_sent_events()
    {
        await using var client = new EventClient(_subject);
        await client.ConnectAsync(_service);
        await client.UntilAsync("ready");
        var sockets = _service.Server.CreateWebSocketClient();
        var token = TestService.TokenFor(_subject);
        using var socket = await sockets.ConnectAsync(new Uri($"ws://localhost/events/ws?access_token={token}"), Cancellation);
        while ((await ReceiveAsync(socket)).GetProperty("event").GetString() != "ready")
        {
        }

        await _service.PublishAsync(Owner, 1, 2);

        foreach (var number in new[] { 1, 2 })
        {
            var item = await client.UntilAsync("test");
            var message = await ReceiveEventAsync(socket);
            Assert.Equal(number, EventClient.NumberOf(item));
            Assert.Equal(
                ("test", item.EventId), (message.GetProperty("event").GetString(), message.GetProperty("id").GetString()));
            var data = JsonElement.Parse(item.Data);
            Assert.Equal(data.GetProperty("at").GetString(), message.GetProperty("data").GetProperty("at").GetString());
            Assert.True(JsonElement.DeepEquals(data.GetProperty("payload"), message.GetProperty("data").GetProperty("payload")));
        }

        using var resumed = await sockets.ConnectAsync(
            new Uri($"ws://localhost/events/ws?access_token={token}&after={client.LastId}"), Cancellation);
        await _service.PublishAsync(Owner, 3);
        var next = await ReceiveEventAsync(resumed);
        Assert.Equal(3, next.GetProperty("data").GetProperty("payload").GetProperty("number").GetInt32());
        await resumed.CloseAsync(WebSocketCloseStatus.NormalClosure, "", Cancellation);
    }

    [Fact]
    public async Task Streams_end_when_the_service_stops_and_go_on_at_another_instance()
    {
        await using var client = new EventClient(_subject);
        await using (var service = new TestService(_service.Databases))
        {
            await client.ConnectAsync(service);
            await client.UntilAsync("ready");
            var waited = Stopwatch.StartNew();
            service.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
            while (await client.NextAsync() is not null)
            {
            }

            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(5), $"It took {waited.ElapsedMilliseconds} ms.");
        }

        await _service.PublishAsync(Owner, 1);
        await client.ConnectAsync(_service);
        Assert.Equal([1], await client.UntilCountAsync(1));
    }

    /// <summary>Nothing is kept for it: it reads on from where it is.</summary>
    [Fact]
    public async Task A_client_that_is_slow_is_told_of_everything_in_order()
    {
        await using var scope = _service.Services.CreateAsyncScope();
        var feed = scope.ServiceProvider.GetRequiredService<IEventFeed>();
        await using var messages = feed.ReadAsync(Owner, after: null, Cancellation).GetAsyncEnumerator(Cancellation);
        await NextAsync(EventMessage.Ready);
        await _service.PublishAsync(Owner, 1);
        await NextAsync("test");

        // It takes nothing while these come: more than a page.
        foreach (var some in Enumerable.Range(2, 500).Chunk(50))
        {
            await _service.PublishAsync(Owner, some);
        }

        for (var number = 2; number < 502; number++)
        {
            Assert.Contains($"\"number\":{number}}}", await NextAsync("test"), StringComparison.Ordinal);
        }

        async Task<string> NextAsync(string type)
        {
            do
            {
                Assert.True(await messages.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20), Cancellation));
            }
            while (messages.Current.Type == EventMessage.Heartbeat);
            Assert.Equal(type, messages.Current.Type);
            return messages.Current.Data.Replace(" ", "", StringComparison.Ordinal);
        }
    }

    /// <summary>As after a logical restore, or an upgrade by logical replication.</summary>
    [Fact]
    public async Task A_position_of_another_cluster_is_reset()
    {
        await using var client = new EventClient(_subject);
        await client.ConnectAsync(_service);
        await client.UntilAsync("ready");
        await _service.PublishAsync(Owner, 1);
        await client.UntilCountAsync(1);
        await client.DisconnectAsync();

        var position = EventPosition.Parse(client.LastId!);
        client.LastId = (position with { Cluster = position.Cluster + 1 }).ToString();
        await client.ConnectAsync(_service);
        await client.UntilAsync("reset");
        await _service.PublishAsync(Owner, 2);
        Assert.Equal([1, 2], await client.UntilCountAsync(2));
    }

    [Fact]
    public async Task A_position_ahead_of_the_cluster_is_reset()
    {
        await using var client = new EventClient(_subject);
        await client.ConnectAsync(_service);
        await client.UntilAsync("ready");
        await client.DisconnectAsync();

        var position = EventPosition.Parse(client.LastId!);
        client.LastId = (position with { Xact = position.Xact + 1_000_000 }).ToString();
        await client.ConnectAsync(_service);
        await client.UntilAsync("reset");
    }

    [Theory]
    [InlineData("none")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("__________________________________________________________8")]
    public async Task Whoever_says_an_id_that_nobody_gave_out_is_told_to_read_anew(string id)
    {
        await using var client = new EventClient(_subject) { LastId = id };
        await client.ConnectAsync(_service);
        await client.UntilAsync("reset");

        await _service.PublishAsync(Owner, 1);
        Assert.Equal([1], await client.UntilCountAsync(1));
    }

    [Fact]
    public async Task Whoever_was_away_for_too_long_is_told_to_read_anew()
    {
        await using var service = new TestService(_service.Databases, ("Realtime:Lifetime", "00:00:01"));
        await using var client = new EventClient(_subject);
        await client.ConnectAsync(service);
        await client.UntilAsync("ready");
        await service.PublishAsync(Owner, 1);
        await client.UntilCountAsync(1);
        await client.ConnectAsync(service);
        await service.PublishAsync(Owner, 2);
        await client.UntilCountAsync(2);
        Assert.DoesNotContain(client.Notices, notice => notice.EventType == "reset");

        await client.DisconnectAsync();
        await Task.Delay(1_100, Cancellation);
        await client.ConnectAsync(service);
        await client.UntilAsync("reset");
    }

    [Fact]
    public async Task Old_events_are_dropped_and_others_are_not()
    {
        foreach (var (number, hours) in new[] { (1, 30), (2, 24), (3, 0) })
        {
            await _service.Databases.ExecuteAsync("shard0", EventWriters.Insert(Owner, number));
            await _service.Databases.ExecuteAsync(
                "shard0",
                $"UPDATE events SET created_at = created_at - interval '{hours} hours' WHERE owner_id = '{Owner}' AND "
                + $"payload->>'number' = '{number}'");
        }

        var dropped = await _service.Services.DropExpiredAsync<EventRetention>("shard0");

        Assert.Equal(1, dropped);
        var stored = await _service.Databases.StoredAsync("shard0", Owner);
        Assert.Equal([2, 3], stored);
    }

    private static async Task<JsonElement> ReceiveEventAsync(WebSocket socket)
    {
        while (true)
        {
            var message = await ReceiveAsync(socket);
            if (message.GetProperty("event").GetString() != "heartbeat")
            {
                return message;
            }
        }
    }

    private static async Task<JsonElement> ReceiveAsync(WebSocket socket)
    {
        var buffer = new byte[4096];
        var result = await socket.ReceiveAsync(buffer, Cancellation).WaitAsync(TimeSpan.FromSeconds(20), Cancellation);
        Assert.True(result is { EndOfMessage: true, MessageType: WebSocketMessageType.Text });
        return JsonElement.Parse(buffer.AsSpan(0, result.Count));
    }
}
