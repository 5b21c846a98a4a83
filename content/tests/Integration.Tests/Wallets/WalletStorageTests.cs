namespace Integration.Tests.Wallets;

public sealed class WalletStorageTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private readonly TestService _service = fixture.Service;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_wallet_lives_on_the_shard_of_its_user_and_nowhere_else(int shard)
    {
        var wallet = await _service.ClientOf(TestService.NewSubject(shard)).OpenWalletAsync();
        var count = $"SELECT count(*) FROM wallets WHERE id = '{wallet}'";

        Assert.Equal(1, await _service.Databases.ScalarAsync<long>($"shard{shard}", count));
        Assert.Equal(0, await _service.Databases.ScalarAsync<long>($"shard{1 - shard}", count));
    }

    [Fact]
    public async Task A_query_reads_the_replica_and_a_request_that_wrote_reads_the_primary()
    {
        var alice = _service.ClientOf(TestService.NewSubject());
        var opened = await alice.PostAsJsonAsync("/wallets", new { currency = "EUR" }, Cancellation);
        Assert.Equal("db;desc=\"primary\"", opened.ServerTiming());

        // With replay paused, what a server answers tells which one it is.
        await using (await PausedReplica.PauseAsync(_service.Databases))
        {
            var deposited = await alice.PostAsJsonAsync(
                $"{opened.Headers.Location}/deposits", new { amount = 5, currency = "EUR" }, Cancellation);
            Assert.Equal(5, (await HttpAssert.JsonAsync(deposited, HttpStatusCode.OK)).Long("balance"));

            var read = await alice.GetAsync(opened.Headers.Location, Cancellation);
            Assert.Equal("db;desc=\"replica\"", read.ServerTiming());
            Assert.Equal(0, (await HttpAssert.JsonAsync(read, HttpStatusCode.OK)).Long("balance"));
        }
    }

    [Theory]
    [InlineData(DatabaseRoles.ReadWrite, "UPDATE entries SET amount = amount + 1")]
    [InlineData(DatabaseRoles.ReadWrite, "DELETE FROM entries")]
    [InlineData(DatabaseRoles.ReadWrite, "TRUNCATE entries")]
    [InlineData(DatabaseRoles.ReadWrite, "DELETE FROM wallets")]
    [InlineData(DatabaseRoles.ReadWrite, "UPDATE wallets SET owner_id = id")]
    [InlineData(DatabaseRoles.Worker, "UPDATE entries SET amount = amount + 1")]
    [InlineData(DatabaseRoles.Worker, "DELETE FROM entries")]
    [InlineData(DatabaseRoles.ReadWrite, "UPDATE transfers SET status = 2")]
    [InlineData(DatabaseRoles.Worker, "UPDATE transfers SET amount = 1")]
    [InlineData(DatabaseRoles.ReadWrite, "ALTER TABLE wallets DROP CONSTRAINT wallets_balance_check")]
    [InlineData(DatabaseRoles.ReadOnly, "UPDATE wallets SET balance = 1")]
    [InlineData(DatabaseRoles.ReadOnly, "INSERT INTO entries SELECT * FROM entries")]
    public async Task A_service_role_cannot_do_what_no_use_case_does(string role, string sql)
    {
        var refused = await Assert.ThrowsAsync<PostgresException>(() => _service.Databases.ExecuteAsync("shard0", sql, role));

        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
    }
}
