using System.Globalization;

namespace Platform.Tests.Realtime;

/// <summary>
/// Random disconnects, instances that are killed as by kill -9, and failovers. The servers are the tests' own, since they
/// break them. <c>EVENT_DISCONNECTS</c> says how many disconnects.
/// </summary>
public sealed class EventFaultTests : IDisposable
{
    private const int Users = 4;

    private static readonly int Disconnects =
        int.Parse(Environment.GetEnvironmentVariable("EVENT_DISCONNECTS") ?? "45", CultureInfo.InvariantCulture);

    private readonly string _directory = RunDirectory.New("events");
    private readonly ConcurrentDictionary<string, int> _acknowledged = new();
    private int _disconnects;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The replica is synchronous, so what was acknowledged is there after the failover.</summary>
    [Fact]
    public async Task No_event_is_missed_or_doubled_or_out_of_order_whatever_breaks()
    {
        await using var servers = await StartedServers.StartAsync(Cancellation, synchronousReplica: true);
        var databases = new TestDatabases(await Servers.OnAsync(servers), "", ResourceNames.Shards);
        await using var writer = Quiet(databases);
        // Nobody keeps clients here from coming back at once, again and again.
        KeyValuePair<string, string>[] settings =
        [
            .. TestService.SettingsOf(databases), new("RateLimits:Burst", "1000000"), new("RateLimits:StreamsPerUser", "1000"),
        ];
        await using var one = new ApiInstance("api0", _directory, settings);
        await using var other = new ApiInstance("api1", _directory, settings);
        await Task.WhenAll(one.StartAsync(Cancellation), other.StartAsync(Cancellation));
        var subjects = Enumerable.Range(0, Users).Select(user => TestService.NewSubject(user % 2)).ToArray();
        var clients = subjects.Select(subject => new EventClient(subject)).ToArray();
        HttpClient[][] http = [.. subjects.Select(subject => new[] { one.ClientOf(subject), other.ClientOf(subject) })];
        for (var user = 0; user < Users; user++)
        {
            // What was before the first connection is not told.
            await clients[user].ConnectAsync(http[user][0]);
            await clients[user].UntilAsync("ready");
        }

        using var enough = new CancellationTokenSource();
        var writers = subjects.SelectMany(
            subject => Enumerable.Range(0, 2).Select(first => WriteAsync(writer, subject, first, enough.Token))).ToArray();
        var readers = clients.Select((client, user) => ReadAsync(http[user], client, enough.Token)).ToArray();
        await Eventually.TrueAsync(() => _disconnects >= Disconnects / 3 && clients.All(client => client.Count > 0), seconds: 60);
        foreach (var instance in (ApiInstance[])[one, other])
        {
            await instance.KillAsync();
            await instance.StartAsync(Cancellation);
        }

        await Eventually.TrueAsync(() => _disconnects >= Disconnects * 2 / 3, seconds: 60);
        await servers.Topology.KillPrimaryAsync(Cancellation);
        await servers.Topology.PromoteReplicaAsync(Cancellation);
        await Eventually.TrueAsync(() => _disconnects >= Disconnects, seconds: 60);
        await enough.CancelAsync();
        await Task.WhenAll(writers);
        await Task.WhenAll(readers);

        var total = 0;
        for (var user = 0; user < Users; user++)
        {
            var stored = await databases.StoredAsync($"shard{user % 2}", TestService.UserOf(subjects[user]), replica: true);
            await clients[user].ConnectAsync(http[user][0]);
            Assert.Equal(stored, await clients[user].UntilCountAsync(stored.Length));
            Assert.True(
                stored.Length >= _acknowledged[subjects[user]], $"{stored.Length} of {_acknowledged[subjects[user]]} are there.");
            Assert.DoesNotContain(clients[user].Notices, notice => notice.EventType == "reset");
            total += stored.Length;
            await clients[user].DisposeAsync();
            Array.ForEach(http[user], client => client.Dispose());
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{total} events, {_disconnects} disconnects, each instance killed once, one failover.");
        Assert.True(total > 50, $"{total} events are no load.");
    }

    /// <summary>The replica gets nothing any more, then becomes the primary: what was told since is gone.</summary>
    [Fact]
    public async Task Whoever_has_seen_an_event_that_a_failover_lost_is_told_to_read_anew()
    {
        await using var servers = await StartedServers.StartAsync(Cancellation);
        var databases = new TestDatabases(await Servers.OnAsync(servers), "", ResourceNames.Shards);
        await using var service = Quiet(databases);
        var subject = TestService.NewSubject();
        var owner = TestService.UserOf(subject);
        await using var staying = new EventClient(subject);
        await using var leaving = new EventClient(subject);
        foreach (var client in (EventClient[])[staying, leaving])
        {
            await client.ConnectAsync(service);
            await client.UntilAsync("ready");
        }

        await service.PublishAsync(owner, 1);
        await databases.ReplicaHasCaughtUpAsync();
        await databases.ExecuteAsync(
            "shard0", "ALTER ROLE replicator NOLOGIN; SELECT pg_terminate_backend(pid) FROM pg_stat_replication");
        await Eventually.TrueAsync(async () =>
            await databases.ScalarAsync<long>("shard0", "SELECT count(*) FROM pg_stat_replication") == 0, seconds: 60);
        await service.PublishAsync(owner, 2);
        Assert.Equal([1, 2], await staying.UntilCountAsync(2));
        Assert.Equal([1, 2], await leaving.UntilCountAsync(2));
        await leaving.DisconnectAsync();

        await servers.Topology.KillPrimaryAsync(Cancellation);
        await servers.Topology.PromoteReplicaAsync(Cancellation);
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                await service.PublishAsync(owner, 3);
                return true;
            }
            catch (Exception exception) when (IsAway(exception))
            {
                return false;
            }
        }, seconds: 60);

        Assert.Equal((int[])[1, 3], await databases.StoredAsync("shard0", owner, replica: true));
        await leaving.ConnectAsync(service);
        await staying.UntilAsync("reset");
        await leaving.UntilAsync("reset");
        await service.PublishAsync(owner, 4);
        foreach (var client in (EventClient[])[staying, leaving])
        {
            while (client.Numbers[^1] != 4)
            {
                Assert.NotNull(await client.NextAsync());
            }

            Assert.Single(client.Notices, notice => notice.EventType == "reset");
        }
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    /// <summary>Says nothing of servers that are away.</summary>
    private static TestService Quiet(TestDatabases databases) => new(
        databases, ("Logging:LogLevel:Default", "Critical"), ("Logging:LogLevel:Microsoft.EntityFrameworkCore", "None"));

    /// <summary>Numbers need not be without gaps, since a commit whose answer is lost may or may not be there.</summary>
    private async Task WriteAsync(TestService service, string subject, int first, CancellationToken enough)
    {
        var owner = TestService.UserOf(subject);
        for (var number = first; !enough.IsCancellationRequested; number += 2)
        {
            try
            {
                await service.PublishAsync(owner, number);
                _acknowledged.AddOrUpdate(subject, 1, (_, count) => count + 1);
            }
            catch (Exception exception) when (IsAway(exception))
            {
                // The failover.
            }

            await Task.Delay(Random.Shared.Next(60), Cancellation);
        }
    }

    private async Task ReadAsync(HttpClient[] instances, EventClient client, CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
        {
            try
            {
                await client.ConnectAsync(instances[Random.Shared.Next(2)]);
                for (var left = Random.Shared.Next(1, 12); left > 0 && await client.NextAsync(seconds: 30) is not null; left--)
                {
                }

                Interlocked.Increment(ref _disconnects);
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException)
            {
                // An instance that was killed.
            }

            await client.DisconnectAsync();
            await Task.Delay(Random.Shared.Next(60), Cancellation);
        }
    }

    private static bool IsAway(Exception exception) =>
        exception is NpgsqlException or InvalidOperationException or TimeoutException;
}
