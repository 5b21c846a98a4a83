using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;

namespace AppHost.Tests.Wallets;

/// <summary>What the dashboard's commands do to reads and writes.</summary>
[Collection(SharedAppHost.Name)]
public sealed class ReplicaFaultTests(RunningAppHost host)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Reads_and_writes_go_on_while_the_replica_is_paused_promoted_and_restarted()
    {
        using var client = host.ClientOf("ada");
        await UntilReadByAsync(client, await WriteAsync(client), "replica");

        Assert.StartsWith("Replay is paused", await ExecuteAsync("pause-replay"), StringComparison.Ordinal);
        await host.HealthTextAsync(ResourceNames.Replica, "Replay is paused");
        Assert.Equal("primary", await ReadAsync(client, await WriteAsync(client)));

        Assert.StartsWith("Replay goes on", await ExecuteAsync("resume-replay"), StringComparison.Ordinal);
        await UntilReadByAsync(client, await WriteAsync(client), "replica");

        Assert.EndsWith("on timeline 2.", await ExecuteAsync("promote"), StringComparison.Ordinal);
        await host.HealthTextAsync(ResourceNames.Replica, "Promoted");
        await UntilAsync(async () => (await TryWriteAsync(client)) is not null, () => "a write is accepted");

        await ExecuteAsync(KnownResourceCommands.RestartCommand);
        await host.HealthTextAsync(ResourceNames.Replica, "Streams and replays");
        await host.ExecuteAsync(ResourceNames.Api, KnownResourceCommands.RestartCommand);
        await host.HealthyAsync(ResourceNames.Api);

        await UntilReadByAsync(client, await WriteAsync(client), "replica");
    }

    private Task<string> ExecuteAsync(string command) => host.ExecuteAsync(ResourceNames.Replica, command);

    /// <summary>Opens a wallet. The token makes a read see it.</summary>
    private static async Task<string> WriteAsync(HttpClient client) =>
        await TryWriteAsync(client) ?? throw new InvalidOperationException("The write was refused.");

    private static async Task<string?> TryWriteAsync(HttpClient client)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/wallets");
        request.Content = JsonContent.Create(new { currency = "EUR" });
        request.Headers.Add("Idempotency-Key", $"{Guid.NewGuid()}");
        using var response = await client.SendAsync(request, Cancellation);
        return response.IsSuccessStatusCode ? string.Join(',', response.Headers.GetValues("Sync-Token")) : null;
    }

    /// <summary>
    /// Which server answered a read that must see the write of <paramref name="syncToken"/>; "none" for 503, which says to come
    /// back a moment later.
    /// </summary>
    private static async Task<string> ReadAsync(HttpClient client, string syncToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/wallets");
        request.Headers.Add("Sync-Token", syncToken);
        using var response = await client.SendAsync(request, Cancellation);
        if (response.StatusCode == HttpStatusCode.ServiceUnavailable)
        {
            return "none";
        }

        response.EnsureSuccessStatusCode();
        var answered = string.Join(',', response.Headers.GetValues("Server-Timing"));
        return answered.Contains("replica", StringComparison.Ordinal) ? "replica" : "primary";
    }

    private static async Task UntilReadByAsync(HttpClient client, string syncToken, string server)
    {
        var last = "";
        await UntilAsync(
            async () => (last = await ReadAsync(client, syncToken)) == server, () => $"read by {server}, not by {last}");
    }

    private static async Task UntilAsync(Func<Task<bool>> condition, Func<string>? what = null)
    {
        for (var waited = Stopwatch.StartNew(); !await condition(); await Task.Delay(100, Cancellation))
        {
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(60), $"Not true within 60 s: {what?.Invoke()}");
        }
    }
}
