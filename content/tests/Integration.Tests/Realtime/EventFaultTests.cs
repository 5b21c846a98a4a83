using System.Collections.Concurrent;
using System.Globalization;
using Acme.Service.Domain.Common;
using Acme.Service.Integration.Tests.Fixtures;
using Acme.Service.Topology;
using Npgsql;

namespace Acme.Service.Integration.Tests.Realtime;

/// <summary>
/// Random disconnects, instances that end without a word, and one failover, under load. <c>EVENT_DISCONNECTS</c> says how
/// many disconnects. The servers are the test's own, since it breaks them; the replica is synchronous, so that what was
/// acknowledged is there after the failover.
/// </summary>
public sealed class EventFaultTests
{
    private const int Users = 4;

    private static readonly int Disconnects =
        int.Parse(Environment.GetEnvironmentVariable("EVENT_DISCONNECTS") ?? "60", CultureInfo.InvariantCulture);

    private readonly ConcurrentDictionary<string, int> _acknowledged = new();
    private int _disconnects;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_event_is_missed_or_doubled_or_out_of_order_whatever_breaks()
    {
        await using var servers = await StartedServers.StartAsync(Cancellation, synchronousReplica: true);
        var databases = new Databases(await Servers.OnAsync(servers), "", ResourceNames.Shards);
        var instances = new[] { Start(databases), Start(databases) };
        var subjects = Enumerable.Range(0, Users).Select(user => TestService.NewSubject(user % 2)).ToArray();
        using var enough = new CancellationTokenSource();
        var clients = subjects.Select(subject => new EventClient(subject)).ToArray();
        foreach (var client in clients)
        {
            // What was before the first connection is not told.
            await client.ConnectAsync(instances[0]);
            await client.UntilAsync("ready");
        }

        var writers = subjects.SelectMany(subject => Enumerable.Range(0, 2).Select(writer => WriteAsync(instances, subject, writer, enough.Token))).ToArray();
        var readers = clients.Select(client => ReadAsync(instances, client, enough.Token)).ToArray();

        await UntilAsync(() => _disconnects >= Disconnects / 3 && clients.All(client => client.Count > 0));
        var killed = instances[1];
        instances[1] = Start(databases);
        await killed.DisposeAsync();
        await UntilAsync(() => _disconnects >= Disconnects * 2 / 3);
        await servers.Topology.KillPrimaryAsync(Cancellation);
        await servers.Topology.PromoteReplicaAsync(Cancellation);
        await UntilAsync(() => _disconnects >= Disconnects);
        await enough.CancelAsync();
        await Task.WhenAll(writers);
        await Task.WhenAll(readers);

        var total = 0;
        for (var user = 0; user < Users; user++)
        {
            var owner = UserId.FromSubject(subjects[user]);
            var stored = await databases.StoredAsync($"shard{user % 2}", owner, replica: true);
            await clients[user].ConnectAsync(instances[0]);
            Assert.Equal(stored, await clients[user].UntilCountAsync(stored.Length));
            Assert.True(stored.Length >= _acknowledged[subjects[user]], $"{stored.Length} of {_acknowledged[subjects[user]]} are there.");
            Assert.DoesNotContain(clients[user].Notices, notice => notice.EventType == "reset");
            total += stored.Length;
            await clients[user].DisposeAsync();
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{total} events, {_disconnects} disconnects, an instance killed, one failover.");
        Assert.True(total > 50, $"{total} events are no load.");
        foreach (var instance in instances)
        {
            await instance.DisposeAsync();
        }
    }

    private static TestService Start(Databases databases)
    {
        var service = new TestService(databases, ("RateLimits:Burst", "1000000"), ("Logging:LogLevel:Default", "Critical"), ("Logging:LogLevel:Microsoft.EntityFrameworkCore", "None"));
        _ = service.Services;
        return service;
    }

    /// <summary>Numbers need not be without gaps, since a commit whose answer is lost may or may not be there.</summary>
    private async Task WriteAsync(TestService[] instances, string subject, int writer, CancellationToken enough)
    {
        var owner = UserId.FromSubject(subject);
        for (var number = writer; !enough.IsCancellationRequested; number += 2)
        {
            try
            {
                await instances[Random.Shared.Next(2)].PublishAsync(owner, number);
                _acknowledged.AddOrUpdate(subject, 1, (_, count) => count + 1);
            }
            catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException or TimeoutException or ObjectDisposedException)
            {
                // The failover, or an instance that is gone.
            }

            await Task.Delay(Random.Shared.Next(15), Cancellation);
        }
    }

    private async Task ReadAsync(TestService[] instances, EventClient client, CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
        {
            try
            {
                await client.ConnectAsync(instances[Random.Shared.Next(2)]);
                for (var left = Random.Shared.Next(1, 12); left > 0 && await client.NextAsync(seconds: 30) is not null; left--)
                {
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException or ObjectDisposedException or OperationCanceledException or NpgsqlException)
            {
                // An instance that is gone.
            }

            await client.DisconnectAsync();
            Interlocked.Increment(ref _disconnects);
        }
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(20, Cancellation);
        }
    }
}
