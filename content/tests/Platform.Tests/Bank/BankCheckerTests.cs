using System.Globalization;
using Domain.Wallets;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Logging;

namespace Platform.Tests.Bank;

/// <summary>A checker that finds nothing says little unless it is known to find what is there.</summary>
[Collection(nameof(BankTests))]
public sealed class BankCheckerTests(ServersFixture fixture) : IClassFixture<ServersFixture>
{
    private const string NoBug = "none";

    public static TheoryData<string> DamageNames => [.. SampleBank.Damages.Keys];

    public static TheoryData<string> BugNames => [.. PlantedBug.All.Keys];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void In_a_bank_where_all_is_right_nothing_is_found()
    {
        var bank = new SampleBank();
        bank.Placements.Add(new("shard1", bank.Ada.Owner, 7, "moved", "shard0"));

        Assert.Empty(BankChecker.Check(bank.State, bank.History));
    }

    [Theory]
    [MemberData(nameof(DamageNames))]
    public void Damage_is_found(string name)
    {
        var bank = new SampleBank();
        SampleBank.Damages[name].Damage(bank);

        Assert.Contains(
            BankChecker.Check(bank.State, bank.History),
            violation => violation.Contains($"[{SampleBank.Damages[name].Invariant}", StringComparison.Ordinal));
    }

    [Fact]
    public void Each_invariant_finds_some_damage() => Assert.All(
        BankChecker.Invariants,
        invariant => Assert.Contains(
            SampleBank.Damages.Values, damage => invariant.Name.StartsWith(damage.Invariant, StringComparison.Ordinal)));

    /// <summary>An answer that never came leaves both ways open, and only one once it is known.</summary>
    [Fact]
    public void What_has_no_answer_may_have_been_done_or_not()
    {
        var bank = new SampleBank();
        var lost = new Operation("lost", OperationKind.Deposit, bank.Ben, "", null, 55, "EUR");
        lost.Add(Attempt.Lost);
        lost.Add(new Attempt(HttpStatusCode.Conflict, "{}"));
        bank.History.Add(lost);
        Assert.Empty(BankChecker.Check(bank.State, bank.History));

        bank.Legs(
            Guid.NewGuid(), EntryKind.Deposit, (bank.Ben, LedgerAccount.Outside, -55), (bank.Ben, LedgerAccount.Balance, 55));
        bank.Keys.Add(new("shard0", bank.Ben.Owner, "lost", "{}"));
        Assert.Empty(BankChecker.Check(bank.State, bank.History));

        lost.IsSettled = true;
        Assert.NotEmpty(BankChecker.Check(bank.State, bank.History));
    }

    [Theory]
    [MemberData(nameof(BugNames))]
    public async Task A_bug_in_the_running_service_is_found(string name)
    {
        var bug = PlantedBug.All[name];
        // Whether it does harm in one run is a matter of moments.
        IReadOnlyList<string> violations = [];
        for (var seed = 11; seed < 16 && !violations.Any(IsCaught); seed++)
        {
            violations = await RunAsync(bug, seed);
        }

        Assert.Contains(violations, IsCaught);

        bool IsCaught(string violation) => violation.Contains(bug.Caught, StringComparison.Ordinal);
    }

    /// <summary>The same runs on the service as it is.</summary>
    [Fact]
    public async Task Without_a_bug_nothing_is_found() =>
        Assert.Empty(await RunAsync(new PlantedBug(NoBug) { MovesBucket = true }, seed: 11));

    /// <summary>Some traffic with failures between the commits of sagas.</summary>
    private async Task<IReadOnlyList<string>> RunAsync(PlantedBug bug, int seed)
    {
        const int Clients = 5;
        const int Operations = 18;
        var databases = await fixture.Servers.CreateDatabasesAsync();
        foreach (var shard in ResourceNames.Shards.Where(_ => bug.Sql.Length > 0))
        {
            await databases.ExecuteAsync(shard, bug.Sql);
        }

        await using var plain = new TestService(
            databases, [("RateLimits:Burst", "1000000"), ("RateLimits:PerSecond", "1000000"), .. bug.Settings]);
        await using var service = plain.WithWebHostBuilder(builder => builder.ConfigureTestServices(services =>
        {
            services.AddLogging(logging => logging.ClearProviders());
            bug.Services?.Invoke(services);
        }));
        var bank = new BankInProcess(service.CreateClient(), databases);
        var history = new BankHistory();
        var clients = new BankClients(bank, history, seed, () => 0.2);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        PlantedBug.Arm(false);
        await clients.OpenAsync(perShard: 3, deposit: 1_000, patience.Token);
        PlantedBug.Arm(true);
        using (new Points((point, _) =>
        {
            if (point == bug.FailsAt && PlantedBug.IsTime())
            {
                throw PlantedBug.LostConnection();
            }
        }))
        {
            await TrafficAsync();
            if (bug.MovesBucket)
            {
                await EndAsync(databases);
                await MoveByHandAsync(databases, clients.People[0].Owner);
                await TrafficAsync();
            }
        }

        await clients.SettleAsync(patience.Token);
        await EndAsync(databases);
        await LookWithoutUserAsync(service.Services, history);
        return BankChecker.Check(await BankState.ReadAsync(bank.ConnectionString, ResourceNames.Shards, Cancellation), history);

        Task TrafficAsync() =>
            Task.WhenAll(Enumerable.Range(0, Clients).Select(client => clients.RunAsync(client, Operations, patience.Token)));
    }

    /// <summary>Gives open sagas some time.</summary>
    private static async Task EndAsync(TestDatabases databases)
    {
        for (var n = 0; n < 40; n++)
        {
            var open = 0L;
            foreach (var shard in ResourceNames.Shards)
            {
                open += await databases.ScalarAsync<long>(shard, "SELECT count(*) FROM sagas WHERE status IN (1, 2)");
            }

            if (open == 0)
            {
                return;
            }

            await Task.Delay(100, Cancellation);
        }
    }

    /// <summary>No connection in the service's pools may still work in somebody's name.</summary>
    private static async Task LookWithoutUserAsync(IServiceProvider services, BankHistory history)
    {
        var source = services.GetRequiredService<DataSources>().For(ResourceNames.Shards[0]);
        var connections = new List<NpgsqlConnection>();
        for (var n = 0; n < 8; n++)
        {
            var connection = await source.OpenConnectionAsync(Cancellation);
            connections.Add(connection);
            await using var command = new NpgsqlCommand("SELECT count(*) FROM wallets", connection);
            if (await command.ExecuteScalarAsync(Cancellation) is > 0L and var rows)
            {
                history.Surprise($"A connection that acts for nobody sees {rows} wallets.");
            }
        }

        foreach (var connection in connections)
        {
            await connection.DisposeAsync();
        }
    }

    /// <summary>What a move of a bucket comes to, done while nobody writes. The service is not told.</summary>
    private static async Task MoveByHandAsync(TestDatabases databases, Guid owner)
    {
        var (from, to) = (ResourceNames.Shards[0], ResourceNames.Shards[1]);
        var bucket = new UserId(owner).Bucket;
        // In one transaction, since a wallet's balance needs its entries.
        var copies = new StringBuilder();
        foreach (var table in new[] { "wallets", "entries", "transfers", "sagas", "saga_steps", "idempotency_keys" })
        {
            var rows = await databases.ScalarAsync<string>(
                from, $"SELECT coalesce(json_agg(t), '[]')::text FROM {table} t WHERE bucket_of(owner_id) = {bucket}");
            var quoted = rows.Replace("'", "''", StringComparison.Ordinal);
            copies.Append(
                CultureInfo.InvariantCulture,
                $"INSERT INTO {table} SELECT * FROM json_populate_recordset(NULL::{table}, '{quoted}'); ");
        }

        await databases.ExecuteAsync(to, $"{copies}");
        await databases.ExecuteAsync(from, $"UPDATE bucket_owner SET state = 'moved' WHERE bucket = {bucket}");
        await databases.ExecuteAsync(to, $"INSERT INTO bucket_owner (bucket, epoch, state) VALUES ({bucket}, 2, 'active')");
        await databases.ExecuteAsync("directory", $"UPDATE bucket_map SET shard = '{to}', epoch = 2 WHERE bucket = {bucket}");
    }
}
