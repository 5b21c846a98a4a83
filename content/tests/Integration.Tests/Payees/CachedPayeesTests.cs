namespace Integration.Tests.Payees;

/// <summary>Through the whole service. Readers have no token, as other people have none of the one who writes.</summary>
public sealed class CachedPayeesTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    /// <summary>People take handles from each other here, and nobody waits for thirty days.</summary>
    private static readonly (string, string) FreeAtOnce = ("Payees:KeepReleased", "00:00:00");

    private readonly TestService _service = fixture.Service;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string NewHandle => $"u{Guid.NewGuid():N}"[..20];

    [Fact]
    public async Task A_handle_is_read_from_the_database_once()
    {
        var alice = await Person.ComeAsync(_service, shard: 0);
        using var reader = _service.ClientOf(TestService.NewSubject());
        var handle = NewHandle;
        await SetAsync(alice, handle);

        await UntilFoundAsync(reader, handle);
        var answer = await reader.GetAsync($"/payees/{handle}", Cancellation);
        Assert.Equal("cache;desc=\"hit\"", answer.ServerTiming());
        Assert.Equal(alice.Wallet, (await HttpAssert.JsonAsync(answer, HttpStatusCode.OK)).Text("wallet"));
    }

    [Fact]
    public async Task A_handle_that_moves_is_found_where_it_is_by_whoever_asks_afterwards()
    {
        await using var service = new TestService(_service.Databases, FreeAtOnce);
        var (alice, bob) = (await Person.ComeAsync(service, shard: 0), await Person.ComeAsync(service, shard: 1));
        using var reader = service.ClientOf(TestService.NewSubject());
        var (first, second) = (NewHandle, NewHandle);
        await HttpAssert.ProblemAsync(await reader.GetAsync($"/payees/{first}", Cancellation), HttpStatusCode.NotFound);

        for (var round = 0; round < 5; round++)
        {
            await SetAsync(alice, first);
            Assert.Equal(alice.Wallet, await WalletOfAsync(reader, first));
            await SetAsync(alice, second);
            Assert.Null(await WalletOfAsync(reader, first));
            Assert.Equal(alice.Wallet, await WalletOfAsync(reader, second));
            await SetAsync(bob, first);
            Assert.Equal(bob.Wallet, await WalletOfAsync(reader, first));
            await SetAsync(bob, NewHandle);
            Assert.Null(await WalletOfAsync(reader, first));
        }
    }

    [Fact]
    public async Task Who_has_the_writers_token_is_not_answered_from_the_memory_of_another_instance()
    {
        await using var other = new TestService(_service.Databases);
        var alice = await Person.ComeAsync(_service, shard: 0);
        using var reader = other.ClientOf(TestService.NewSubject());
        for (var round = 0; round < 3; round++)
        {
            var handle = NewHandle;
            await SetAsync(alice, handle);
            await UntilFoundAsync(reader, handle);
            var moved = await alice.SetHandleAsync(NewHandle);
            var read = await reader.SendAsync(
                HttpMethod.Get, $"/payees/{handle}", body: null, ("Sync-Token", moved.SyncToken()));

            await HttpAssert.ProblemAsync(read, HttpStatusCode.NotFound);
        }
    }

    [Fact]
    public async Task The_cache_agrees_with_the_database_after_people_have_taken_handles_from_each_other()
    {
        await using var service = new TestService(_service.Databases, FreeAtOnce);
        var people = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Person.ComeAsync(service, shard: i % 2)));
        var handles = Enumerable.Range(0, 2).Select(_ => NewHandle).ToArray();
        using var reader = service.ClientOf(TestService.NewSubject());

        // They take the two handles from each other. Whatever comes out, the cache must agree with the database.
        await Task.WhenAll(people.Select(async person =>
        {
            for (var round = 0; round < 8; round++)
            {
                await person.SetHandleAsync(handles[round % 2]);
                await person.SetHandleAsync(NewHandle);
                await reader.GetAsync($"/payees/{handles[round % 2]}", Cancellation);
            }

            await person.SetHandleAsync(handles[0]);
        }));

        foreach (var handle in handles)
        {
            var wallet = await _service.Databases.ScalarAsync<string>(
                "directory",
                $"SELECT coalesce((SELECT wallet_id::text FROM payees WHERE handle = '{handle}' AND released_at IS "
                + "NULL), 'none')");
            Assert.Equal(wallet, await WalletOfAsync(reader, handle) ?? "none");
        }
    }

    private static async Task<string?> WalletOfAsync(HttpClient reader, string handle)
    {
        var answer = await reader.GetAsync($"/payees/{handle}", Cancellation);
        return answer.StatusCode == HttpStatusCode.NotFound
            ? null
            : (await HttpAssert.JsonAsync(answer, HttpStatusCode.OK)).Text("wallet");
    }

    private static Task UntilFoundAsync(HttpClient reader, string handle) =>
        Eventually.TrueAsync(async () => await WalletOfAsync(reader, handle) is not null, seconds: 60);

    private static async Task SetAsync(Person person, string handle) =>
        await HttpAssert.JsonAsync(await person.SetHandleAsync(handle), HttpStatusCode.OK);
}
