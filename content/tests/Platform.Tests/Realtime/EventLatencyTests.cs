using System.Globalization;

namespace Platform.Tests.Realtime;

[Collection(nameof(Timed))]
public sealed class EventLatencyTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private readonly TestService _service = fixture.Service;
    private readonly string _subject = TestService.NewSubject();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private UserId Owner => TestService.UserOf(_subject);

    [Fact]
    public async Task An_event_is_there_within_a_tenth_of_a_second() =>
        await MeasureAsync("notified", count: 100, half: 100, limit: 400, number => _service.PublishAsync(Owner, number));

    /// <summary>What is written in SQL notifies nobody, as if every notification were lost.</summary>
    [Fact]
    public async Task With_every_notification_dropped_it_takes_a_slow_poll()
    {
        await using var connection = await _service.Databases.ConnectAsync("shard0");
        await MeasureAsync(
            "not notified", count: 5, half: 10_000, limit: 10_000, number =>
                connection.ExecuteAsync(EventWriters.Insert(Owner, number)));
    }

    [Fact]
    public async Task While_notifications_are_known_not_to_be_heard_it_takes_a_quick_poll()
    {
        await using var service = new TestService(_service.Databases);
        await service.Services.GetRequiredService<ShardSignals>().StopAsync(Cancellation);
        await using var connection = await _service.Databases.ConnectAsync("shard0");
        await MeasureAsync(
            "not heard", count: 100, half: 300, limit: 800, number => connection.ExecuteAsync(EventWriters.Insert(Owner, number)),
            service);
    }

    /// <summary>
    /// Real connections, each of them a user. <c>EVENT_CLIENTS</c> says how many; 5,000 need as many file descriptors twice.
    /// </summary>
    [Fact]
    public async Task Thousands_of_clients_are_connected_in_little_memory()
    {
        var count = int.Parse(Environment.GetEnvironmentVariable("EVENT_CLIENTS") ?? "300", CultureInfo.InvariantCulture);
        await using var service = new TestService(
            _service.Databases, ("RateLimits:Burst", "1000000"), ("Realtime:HeartbeatSeconds", "3600"));
        service.UseKestrel(0);
        service.StartServer();
        var clients = Enumerable.Range(0, count).Select(_ => TestService.NewSubject())
            .Select(subject => (Subject: subject, Client: new EventClient(subject))).ToArray();
        var before = MemoryMegabytes();
        await Parallel.ForEachAsync(
            clients, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Cancellation }, async (one, _) =>
        {
            await one.Client.ConnectAsync(service);
            await one.Client.UntilAsync("ready");
        });
        var connected = MemoryMegabytes();

        // An event for each of them, and a hundred for the first.
        await Parallel.ForEachAsync(
            clients, new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = Cancellation }, async (one, _) =>
            await service.PublishAsync(TestService.UserOf(one.Subject), 1));
        foreach (var (_, client) in clients)
        {
            Assert.Equal([1], await client.UntilCountAsync(1));
        }

        await service.PublishAsync(TestService.UserOf(clients[0].Subject), Enumerable.Range(2, 100));
        Assert.Equal(Enumerable.Range(1, 101), await clients[0].Client.UntilCountAsync(101));
        var told = MemoryMegabytes();
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{count} clients: {before:0} MB before, {connected:0} MB connected, {told:0} MB after an event each, both sides "
            + "of the connections together.");
        foreach (var (_, client) in clients)
        {
            await client.DisposeAsync();
        }

        Assert.True(told - before < 20 + (count * 0.12), $"{(told - before) * 1024 / count:0} KB for each client.");
    }

    /// <param name="half">Milliseconds in which half of them must be there.</param>
    /// <param name="limit">Milliseconds for 99 of 100, on a machine that may do something else as well.</param>
    private async Task MeasureAsync(
        string name, int count, double half, double limit, Func<int, Task> publishAsync, TestService? service = null)
    {
        await using var client = new EventClient(_subject);
        await client.ConnectAsync(service ?? _service);
        await client.UntilAsync("ready");
        await publishAsync(0);
        await client.UntilCountAsync(1);

        // Of a machine that does something else as well, the best of three rounds is what the service takes.
        var (best, quickest, number) = (double.MaxValue, double.MaxValue, 0);
        for (var round = 0; round < 3 && (best > limit || quickest > half); round++)
        {
            var milliseconds = new List<double>();
            for (var i = 0; i < count; i++)
            {
                // Not in step with the polls.
                await Task.Delay(Random.Shared.Next(20), Cancellation);
                await publishAsync(++number);
                var committed = Stopwatch.GetTimestamp();
                await client.UntilCountAsync(number + 1);
                milliseconds.Add(Stopwatch.GetElapsedTime(committed).TotalMilliseconds);
            }

            milliseconds.Sort();
            var (median, p99) = (milliseconds[count / 2], milliseconds[Math.Max((int)(count * 0.99) - 1, 0)]);
            (best, quickest) = (Math.Min(best, p99), Math.Min(quickest, median));
            TestContext.Current.TestOutputHelper?.WriteLine(
                $"Commit to client, {name}: p50 {median:0.0} ms, p99 {p99:0.0} ms, worst {milliseconds[^1]:0.0} ms.");
        }

        Assert.Equal(Enumerable.Range(0, number + 1), client.Numbers);
        Assert.True(quickest <= half, $"p50 is {quickest:0.0} ms.");
        Assert.True(best <= limit, $"p99 is {best:0.0} ms.");
    }

    private static double MemoryMegabytes() => GC.GetTotalMemory(forceFullCollection: true) / 1024.0 / 1024.0;
}
