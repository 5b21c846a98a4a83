namespace Integration.Tests.ReadReplicas;

/// <summary>One connection serves all users, and a statement of one of them fails at its n-th use.</summary>
public sealed class PreparingTests(ServersFixture fixture) : IClassFixture<ServersFixture>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_statement_that_fails_at_any_use_leaves_the_connection_right_for_the_next_user(bool hot)
    {
        await using var service = new TestService(
            await fixture.Servers.CreateDatabasesAsync(), ("Postgres:ReplicaPoolSize", "1"));
        UserId one = TestService.UserOf(TestService.NewSubject()), other = TestService.UserOf(TestService.NewSubject());
        for (var uses = 0; uses < 8; uses++)
        {
            for (var n = 0; n < uses; n++)
            {
                Assert.Equal("1", await ReadAsync(one, divisor: 1, uses));
            }

            await Assert.ThrowsAsync<PostgresException>(() => ReadAsync(one, divisor: 0, uses));
            for (var n = 0; n < 3; n++)
            {
                Assert.Equal($"{other}", await UserAsync(other));
                Assert.Equal("1", await ReadAsync(other, divisor: 1, uses));
            }
        }

        async Task<string?> ReadAsync(UserId user, int divisor, int text)
        {
            await using var request = Request.Begin(service);
            var id = divisor == 0 ? user.Value : Guid.Empty;
            var sql = $$"""SELECT (1 / {0})::text AS "Value" WHERE {{text}} = {{text}}""";
            return hot
                ? await request.Get<ShardReader>().FindRowAsync(
                    user, $"SELECT (1 / CASE WHEN $1 = $2 THEN 0 ELSE 1 END)::text AS n{text}", id, row => row.GetString(0),
                    Cancellation)
                : await request.Get<ShardReader>().ReadAsync(
                    user,
                    context => context.Database.SqlQueryRaw<string>(sql, divisor).SingleAsync(Cancellation),
                    Cancellation);
        }

        async Task<string?> UserAsync(UserId user)
        {
            await using var request = Request.Begin(service);
            return hot
                ? await request.Get<ShardReader>().FindRowAsync(
                    user, "SELECT current_setting('app.user_id') WHERE $1 <> $2", Guid.Empty, row => row.GetString(0),
                    Cancellation)
                : await request.Get<ShardReader>().ReadAsync(
                    user,
                    context => context.Database.SqlQueryRaw<string>("SELECT current_setting('app.user_id') AS \"Value\"")
                        .SingleAsync(Cancellation),
                    Cancellation);
        }
    }
}
