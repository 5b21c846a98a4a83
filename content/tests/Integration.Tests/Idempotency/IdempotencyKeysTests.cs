using Application.Idempotency;
using Platform.Idempotency;

namespace Integration.Tests.Idempotency;

public sealed class IdempotencyKeysTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private static readonly byte[] Request = [1, 1];
    private static readonly byte[] OtherRequest = [1, 2];

    private readonly TestService _service = fixture.Service;
    private readonly UserId _user = TestService.UserOf(TestService.NewSubject());

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_key_is_taken_once_and_then_gives_the_answer()
    {
        await DoAsync("key", answer: "\"first\"");

        await using var again = NewScope();
        Assert.Equal("answered: \"first\"", await again.ClaimAsync(_user, "key", Request));
    }

    [Fact]
    public async Task A_key_is_refused_for_another_request()
    {
        await DoAsync("key");

        await using var again = NewScope();
        Assert.Equal(Scope.OtherRequest, await again.ClaimAsync(_user, "key", OtherRequest));
    }

    [Fact]
    public async Task The_same_key_of_another_user_is_another_key()
    {
        await DoAsync("key");

        await using var other = NewScope();
        Assert.Equal(Scope.Taken, await other.ClaimAsync(TestService.UserOf(TestService.NewSubject()), "key", Request));
    }

    [Fact]
    public async Task While_a_request_is_under_way_its_key_is_in_progress_and_nobody_waits()
    {
        await using var first = NewScope();
        Assert.Equal(Scope.Taken, await first.ClaimAsync(_user, "key", Request));

        await using var second = NewScope();
        Assert.Equal(
            Scope.InProgress, await second.ClaimAsync(_user, "key", Request).WaitAsync(TimeSpan.FromSeconds(5), Cancellation));
    }

    [Fact]
    public async Task A_request_that_stored_nothing_leaves_its_key_free()
    {
        await using (var broken = NewScope())
        {
            Assert.Equal(Scope.Taken, await broken.ClaimAsync(_user, "key", Request));
        }

        await using var again = NewScope();
        Assert.Equal(Scope.Taken, await again.ClaimAsync(_user, "key", OtherRequest));
    }

    /// <summary>A claim that begins just before the first request commits gets the lock, and must see the key as well.</summary>
    [Fact]
    public async Task A_key_is_claimed_once_however_close_the_requests_are()
    {
        const int Rounds = 300;
        var user = TestService.UserOf(TestService.NewSubject(shard: 0)).Value;
        var shard = _service.Databases.ConnectionString(ResourceNames.Shards[0], DatabaseRoles.ReadWrite);
        var claim = $"SELECT set_config('app.user_id', '{user}', true), claim_key('{user}', $1, '1 day')";
        var (taken, twice) = ("", 0);
        await using var first = new NpgsqlConnection(shard);
        await first.OpenAsync(Cancellation);
        await TakeAsync(round: 0);

        using var done = new CancellationTokenSource();
        var others = Enumerable.Range(0, 4).Select(_ => Task.Run(ClaimWhatIsTakenAsync)).ToArray();
        for (var round = 1; round < Rounds; round++)
        {
            await TakeAsync(round);
        }

        await done.CancelAsync();
        await Task.WhenAll(others);
        Assert.Equal(0, twice);

        async Task TakeAsync(int round)
        {
            var key = $"close-{round}";
            await using var transaction = await first.BeginTransactionAsync(Cancellation);
            await SendAsync(first, claim, key);
            Volatile.Write(ref taken, key);
            await SendAsync(first, $"INSERT INTO idempotency_keys VALUES ('{user}', $1, '', '')", key);
            await transaction.CommitAsync(Cancellation);
        }

        async Task ClaimWhatIsTakenAsync()
        {
            await using var connection = new NpgsqlConnection(shard);
            await connection.OpenAsync(Cancellation);
            while (!done.IsCancellationRequested)
            {
                try
                {
                    await SendAsync(connection, claim, Volatile.Read(ref taken));
                    Interlocked.Increment(ref twice);
                }
                catch (PostgresException exception) when (IdempotencyKeys.IsInUse(exception))
                {
                }
            }
        }

        async Task SendAsync(NpgsqlConnection connection, string sql, string key)
        {
            await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = key } } };
            await command.ExecuteNonQueryAsync(Cancellation);
        }
    }

    [Fact]
    public async Task Of_many_at_once_one_gets_the_key()
    {
        var claims = await Task.WhenAll(Enumerable.Range(0, 16).Select(async _ =>
        {
            await using var scope = NewScope();
            var claim = await scope.ClaimAsync(_user, "key", Request);
            if (claim == Scope.Taken)
            {
                await scope.CompleteAsync(_user, "key", "1");
            }

            return claim;
        }));

        Assert.Single(claims, claim => claim == Scope.Taken);
        Assert.All(claims, claim => Assert.NotEqual(Scope.OtherRequest, claim));
    }

    [Fact]
    public async Task An_expired_key_counts_as_new_and_is_dropped_in_the_end()
    {
        await DoAsync("old");
        await DoAsync("dropped");
        await DoAsync("young");
        await _service.Databases.ExecuteAsync(
            "shard0",
            $"UPDATE idempotency_keys SET created_at = created_at - interval '25 hours' WHERE owner_id = '{_user}' AND "
            + "key <> 'young'");

        await DoAsync("old", OtherRequest);

        Assert.Equal(1, await _service.Services.DropExpiredAsync<ExpiredKeys>("shard0"));
        Assert.Equal(
            "old young",
            await _service.Databases.ScalarAsync<string>(
                "shard0", $"SELECT string_agg(key, ' ' ORDER BY key) FROM idempotency_keys WHERE owner_id = '{_user}'"));
    }

    private async Task DoAsync(string key, byte[]? request = null, string answer = "1")
    {
        await using var scope = NewScope();
        Assert.Equal(Scope.Taken, await scope.ClaimAsync(_user, key, request ?? Request));
        await scope.CompleteAsync(_user, key, answer);
    }

    private Scope NewScope() => new(_service.Services.CreateAsyncScope());

    /// <summary>What a request does with the keys.</summary>
    private sealed class Scope(AsyncServiceScope scope) : IAsyncDisposable
    {
        public const string Taken = "taken";
        public const string InProgress = "in progress";
        public const string OtherRequest = "other request";

        private readonly IIdempotencyKeys _keys = scope.ServiceProvider.GetRequiredService<IIdempotencyKeys>();

        /// <summary>Claims the key, sends that, and looks at what is stored when it is not free.</summary>
        public async Task<string> ClaimAsync(UserId user, string key, byte[] request)
        {
            var requestKey = new RequestKey(key, request);
            try
            {
                await _keys.ClaimAsync(user, requestKey, Cancellation);
                await _keys.FindAsync(user, requestKey, Cancellation);
                return Taken;
            }
            catch (Exception exception) when (_keys.SaysInUse(exception))
            {
                await scope.ServiceProvider.GetRequiredService<IUnitOfWork>().RollBackAsync();
                var stored = await _keys.FindAsync(user, requestKey, Cancellation);
                return stored is null ? InProgress
                    : requestKey.IsSameRequest(stored.Fingerprint) ? $"answered: {stored.Answer}"
                    : OtherRequest;
            }
        }

        public async Task CompleteAsync(UserId user, string key, string answer)
        {
            await _keys.CompleteAsync(user, new RequestKey(key, Request), answer, Cancellation);
            await scope.ServiceProvider.GetRequiredService<IUnitOfWork>().CommitAsync(Cancellation);
        }

        public ValueTask DisposeAsync() => scope.DisposeAsync();
    }
}
