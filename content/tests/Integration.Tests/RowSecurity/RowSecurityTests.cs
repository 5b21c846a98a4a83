using Platform.Idempotency;

namespace Integration.Tests.RowSecurity;

/// <summary>On the table of idempotency keys, which is there with and without the sample.</summary>
public sealed class RowSecurityTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private readonly TestService _service = fixture.Service;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_a_user_there_are_no_rows()
    {
        await AddKeyAsync(_service, NewUser());

        Assert.NotEqual(0, await CountAsync(DatabaseRoles.Owner));
        Assert.Equal(0, await CountAsync(DatabaseRoles.ReadWrite));
        await using var context = _service.Services.GetRequiredService<ContextPool<ShardContext>>().Rent("shard0");
        Assert.Empty(await context.Set<IdempotencyKey>().ToListAsync(Cancellation));

        Task<long> CountAsync(string role) =>
            _service.Databases.ScalarAsync<long>("shard0", "SELECT count(*) FROM idempotency_keys", role);
    }

    [Fact]
    public async Task Nobody_writes_a_row_in_the_name_of_another()
    {
        var refused = await Assert.ThrowsAsync<PostgresException>(() => _service.Databases.ExecuteAsync(
            "shard0",
            $"""
            SELECT act_for('{NewUser()}', 1, 1);
            INSERT INTO idempotency_keys (owner_id, key, request_hash, answer) VALUES ('{NewUser()}', 'k', '', '')
            """,
            DatabaseRoles.ReadWrite));

        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
    }

    [Fact]
    public async Task A_transaction_that_works_for_two_users_sees_the_rows_of_both_and_of_nobody_else()
    {
        var (one, other, stranger) = (NewUser(), NewUser(), NewUser());
        foreach (var user in new[] { one, other, stranger })
        {
            await AddKeyAsync(_service, user);
        }

        await using var scope = _service.Services.CreateAsyncScope();
        var writer = scope.ServiceProvider.GetRequiredService<ShardWriter>();
        await writer.JoinAsync(one, Cancellation);
        var context = await writer.JoinAsync(other, Cancellation);
        var seen = await context.Set<IdempotencyKey>().Select(key => key.Owner).ToListAsync(Cancellation);

        Assert.Equivalent(new[] { one, other }, seen, strict: true);
    }

    [Fact]
    public async Task A_pooled_connection_never_carries_the_previous_user()
    {
        var users = Repetitions.Of(usual: 100, thorough: 1_000);
        var turns = await TakeTurnsAsync(_service.Databases, users);

        Assert.Empty(turns.Foreign);
        Assert.InRange(turns.Own, users, 3 * users);
        Assert.InRange(turns.BrokenOff, users / 4, 2 * users);
    }

    [Fact]
    public async Task A_user_left_on_a_connection_would_be_noticed()
    {
        var databases = await fixture.Servers.CreateDatabasesAsync();
        await databases.ExecuteAsync("shard0", """
            CREATE OR REPLACE FUNCTION add_app_user(user_id uuid) RETURNS void LANGUAGE sql
            RETURN set_config('app.user_id', user_id::text, false);
            """);

        Assert.NotEmpty((await TakeTurnsAsync(databases, users: 50)).Foreign);
    }

    /// <summary>
    /// Users take turns on two connections, and a third of them break off: cancelled in the middle of a statement, by an
    /// exception, or with a transaction that is left open.
    /// </summary>
    private static async Task<Turns> TakeTurnsAsync(TestDatabases databases, int users)
    {
        var seed = Random.Shared.Next();
        await using var service = new TestService(
            databases, ("Postgres:MaxPoolSize", "2"), ("Postgres:ReplicaPoolSize", "2"), ("Postgres:Timeout", "60"));
        var foreign = new ConcurrentBag<string>();
        int own = 0, brokenOff = 0;
        await Parallel.ForAsync(
            0, users, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Cancellation }, async (i, _) =>
        {
            var random = new Random(HashCode.Combine(seed, i));
            var user = NewUser();
            await AddKeyAsync(service, user);
            for (var turn = 0; turn < 3; turn++)
            {
                try
                {
                    foreach (var seen in await ReadAsync(service, user, random))
                    {
                        if (seen == user)
                        {
                            Interlocked.Increment(ref own);
                        }
                        else
                        {
                            foreign.Add($"{user} saw a row of {seen} (seed {seed}).");
                        }
                    }
                }
                catch (Exception exception) when (exception is OperationCanceledException or BreakOffException)
                {
                    Interlocked.Increment(ref brokenOff);
                }
            }

            await using var context = service.Services.GetRequiredService<ContextPool<ShardContext>>().Rent("shard0");
            foreach (var seen in await context.Set<IdempotencyKey>().Select(key => key.Owner).ToListAsync(Cancellation))
            {
                foreign.Add($"Nobody saw a row of {seen} (seed {seed}).");
            }
        });
        return new Turns([.. foreign], own, brokenOff);
    }

    private static async Task<List<UserId>> ReadAsync(TestService service, UserId user, Random random)
    {
        await using var scope = service.Services.CreateAsyncScope();
        using var broken = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var how = random.Next(6);
        if (how == 0)
        {
            broken.CancelAfter(TimeSpan.FromMicroseconds(random.Next(5_000)));
        }

        if (random.Next(2) == 0)
        {
            // On the primary, so that it is the same two connections for reads and writes.
            scope.ServiceProvider.GetRequiredService<SyncTokens>().Committed("shard0", default);
            return await scope.ServiceProvider.GetRequiredService<ShardReader>().ReadAsync(
                user, context => KeysAsync(context, how, broken.Token), broken.Token);
        }

        var writer = scope.ServiceProvider.GetRequiredService<ShardWriter>();
        var seen = await KeysAsync(await writer.JoinAsync(user, broken.Token), how, broken.Token);
        if (how != 2)
        {
            await ((IUnitOfWork)writer).CommitAsync(broken.Token);
        }

        return seen;
    }

    private static async Task<List<UserId>> KeysAsync(ShardContext context, int how, CancellationToken cancellationToken)
    {
        var sleep = how == 0 ? await context.Database.SqlQuery<string>($"""SELECT pg_sleep(0.004)::text AS "Value" """)
            .ToListAsync(cancellationToken) : [];
        var owners = await context.Set<IdempotencyKey>().Select(key => key.Owner).ToListAsync(cancellationToken);
        return how == 1 && sleep.Count == 0 ? throw new BreakOffException() : owners;
    }

    private static async Task AddKeyAsync(TestService service, UserId user)
    {
        await using var scope = service.Services.CreateAsyncScope();
        var writer = scope.ServiceProvider.GetRequiredService<ShardWriter>();
        var context = await writer.JoinAsync(user, Cancellation);
        context.Add(new IdempotencyKey { Owner = user, Key = "key", CreatedAt = DateTimeOffset.UtcNow });
        await writer.CommitAsync(Cancellation);
    }

    private static UserId NewUser() => TestService.UserOf(TestService.NewSubject());

    private sealed record Turns(string[] Foreign, int Own, int BrokenOff);

    private sealed class BreakOffException : Exception;
}
