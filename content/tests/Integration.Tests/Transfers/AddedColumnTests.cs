using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text;
using Integration.Tests.Fixtures;

namespace Integration.Tests.Transfers;

/// <summary>A migration that adds columns while this release goes on: its prepared statements must not fail.</summary>
public sealed class AddedColumnTests(ServersFixture fixture) : IClassFixture<ServersFixture>
{
    private const string Tables = """
        SELECT array_agg(relname::text ORDER BY relname) FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname NOT LIKE '\_\_%'
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_column_that_is_added_to_any_table_disturbs_no_request()
    {
        await using var service = new TestService(
            await fixture.Servers.CreateDatabasesAsync(),
            ("Postgres:MaxPoolSize", "4"), ("RateLimits:PerSecond", "10000"), ("RateLimits:Burst", "10000"));
        var payees = new[] { await Person.ComeAsync(service, shard: 0), await Person.ComeAsync(service, shard: 1) };
        var failures = new ConcurrentQueue<string>();
        var rounds = 0;
        using var enough = new CancellationTokenSource();
        var clients = Enumerable.Range(0, 4).Select(_ => Task.Run(PayOnAsync, Cancellation)).ToArray();
        await ProgressAsync(60);

        foreach (var database in service.Databases.Names)
        {
            foreach (var table in await service.Databases.ScalarAsync<string[]>(database, Tables))
            {
                await service.Databases.ExecuteAsync(database, $"ALTER TABLE {table} ADD COLUMN added int, ADD COLUMN more text DEFAULT 'x'");
                await ProgressAsync(3);
            }
        }

        await ProgressAsync(60);
        await enough.CancelAsync();
        await Task.WhenAll(clients);
        Assert.True(failures.IsEmpty, string.Join("\n", failures));

        async Task PayOnAsync()
        {
            var payer = await Person.ComeAsync(service, shard: 0, balance: 1_000_000);
            for (; !enough.IsCancellationRequested; Interlocked.Increment(ref rounds))
            {
                await LookAsync(await payer.Client.PostAsJsonAsync("/wallets", new { currency = "EUR" }, Cancellation));
                await LookAsync(await payer.PayAsync(payees[rounds % 2].Wallet, 1));
                await LookAsync(await payer.SendAsync($"/wallets/{payer.Wallet}/deposits", """{"amount":1,"currency":"EUR"}""", $"{Guid.NewGuid()}"));
                await LookAsync(await payer.Client.PutAsJsonAsync(
                    "/payees/me", new { handle = $"u{Guid.NewGuid():N}"[..20], wallet = payer.Wallet }, Cancellation));
                var line = $$"""{"id":"{{Guid.NewGuid()}}","kind":"click","createdAt":"2026-01-05T10:00:00Z","payload":{"n":1} }""";
                await LookAsync(await payer.Client.PostAsync(
                    "/activity", new StringContent(line, Encoding.UTF8, "application/x-ndjson"), Cancellation));
                foreach (var path in new[] { "/wallets", $"/wallets/{payer.Wallet}", $"/wallets/{payer.Wallet}/entries", "/transfers", "/activity" })
                {
                    await LookAsync(await payer.Client.GetAsync(path, Cancellation));
                }
            }
        }

        async Task LookAsync(HttpResponseMessage response)
        {
            if ((int)response.StatusCode >= 500)
            {
                failures.Enqueue($"{response.RequestMessage!.Method} {response.RequestMessage.RequestUri} {(int)response.StatusCode} "
                    + await response.Content.ReadAsStringAsync(Cancellation));
            }
        }

        Task ProgressAsync(int more)
        {
            var goal = Volatile.Read(ref rounds) + more;
            return Eventually.TrueAsync(() => Volatile.Read(ref rounds) >= goal || clients.Any(client => client.IsCompleted), seconds: 60);
        }
    }
}
