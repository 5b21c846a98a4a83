using Migrator.Wallets;

namespace Integration.Tests.Wallets;

/// <summary>
/// What the database itself does not let anybody do to the ledger, and what is found when it was done nevertheless.
/// </summary>
public sealed class LedgerDefenceTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    /// <summary>Triggers and foreign keys are off, as for somebody who repairs by hand.</summary>
    private const string ByHand = "SET session_replication_role = replica;";

    private readonly TestService _service = fixture.Service;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("UPDATE wallets SET balance = balance + 1, version = version + 1 WHERE id = '{0}'",
        PostgresErrorCodes.IntegrityConstraintViolation)]
    [InlineData("UPDATE wallets SET pending = 1 WHERE id = '{0}'", PostgresErrorCodes.IntegrityConstraintViolation)]
    [InlineData(
        "INSERT INTO wallets SELECT gen_random_uuid(), owner_id, currency, balance, pending, status, version, opened_at FROM "
        + "wallets WHERE id = '{0}'",
        PostgresErrorCodes.IntegrityConstraintViolation)]
    [InlineData(
        """
        INSERT INTO entries (owner_id, wallet_id, account, version, id, transfer_id, kind, amount, balance, created_at)
        SELECT owner_id, wallet_id, account, version, gen_random_uuid(), gen_random_uuid(), kind, amount, balance, created_at
        FROM entries WHERE wallet_id = '{0}'
        """,
        PostgresErrorCodes.UniqueViolation)]
    [InlineData(
        """
        INSERT INTO entries (owner_id, wallet_id, account, version, id, transfer_id, kind, amount, balance, created_at)
        SELECT owner_id, wallet_id, account, version + 1, gen_random_uuid(), transfer_id, kind, amount, balance, created_at
        FROM entries WHERE wallet_id = '{0}'
        """,
        PostgresErrorCodes.UniqueViolation)]
    public async Task Balances_come_from_entries_and_a_movement_is_entered_once(string sql, string state)
    {
        var alice = await Person.ComeAsync(_service, shard: 0, balance: 100);

        var refused = await Assert.ThrowsAsync<PostgresException>(() => _service.Databases.ExecuteAsync(
            "shard0", sql.Replace("{0}", alice.Wallet, StringComparison.Ordinal)));

        Assert.Equal(state, refused.SqlState);
    }

    [Fact]
    public async Task Entries_of_a_wallet_are_in_the_order_of_its_versions_whatever_clocks_say()
    {
        var alice = await Person.ComeAsync(_service, shard: 0, balance: 1);
        await alice.Client.DepositAsync(alice.Wallet, 2);
        await _service.Databases.ExecuteAsync(
            "shard0",
            $"UPDATE entries SET created_at = created_at - interval '1 day' WHERE wallet_id = '{alice.Wallet}' AND amount = 2");
        await _service.Databases.ReplicaHasCaughtUpAsync();

        var entries = await alice.Client.ItemsAsync($"/wallets/{alice.Wallet}/entries");
        Assert.Equal([2, 1], entries.Select(entry => entry.Long("amount")));
    }

    [Fact]
    public async Task Reconciling_finds_nothing_in_a_ledger_that_is_right_and_says_what_differs_in_one_that_is_not()
    {
        var databases = await fixture.Servers.CreateDatabasesAsync();
        await using var service = new TestService(databases);
        var (alice, bob, carol) = (
            await Person.ComeAsync(service, shard: 0, balance: 100), await Person.ComeAsync(service, shard: 0),
            await Person.ComeAsync(service, shard: 1));
        await alice.PaidAsync(bob.Wallet, 30);
        var across = await alice.PayAsync(carol.Wallet, 20);
        await alice.EndOfAsync(across);
        var transfer = across.Headers.Location!.ToString().Split('/')[^1];
        var bucket = Uuid8.BucketOf(new Guid(alice.Wallet)).Value;
        Assert.Empty(await DifferencesAsync());
        Assert.Empty(await DifferencesAsync(bucket));

        await databases.ExecuteAsync("shard0", $"{ByHand} UPDATE wallets SET balance = balance + 7 WHERE id = '{alice.Wallet}'");
        Assert.Contains($"Wallet {alice.Wallet} has 57 and 0 pending, and its entries sum to 50 and 0.",
            Assert.Single(await DifferencesAsync()), StringComparison.Ordinal);
        Assert.Single(await DifferencesAsync(bucket));
        Assert.Empty(await DifferencesAsync((bucket + 1) % 512));
        await databases.ExecuteAsync("shard0", $"{ByHand} UPDATE wallets SET balance = balance - 7 WHERE id = '{alice.Wallet}'");

        // The payee has got it, and the payer has never let it go.
        await databases.ExecuteAsync(
            "shard0", $"DELETE FROM entries WHERE transfer_id = '{transfer}' AND kind = 5 AND account = 4");
        Assert.Contains(await DifferencesAsync(), difference =>
            difference == $"The legs of transfer {transfer} sum to -20, and to -20 between shards.");
        Assert.Single(await DifferencesAsync(bucket));

        async Task<List<string>> DifferencesAsync(int? of = null) =>
            await new Reconciliation(databases.OwnerConfiguration()).DifferencesAsync(of, Cancellation).ToListAsync(Cancellation);
    }
}
