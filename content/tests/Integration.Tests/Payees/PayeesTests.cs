namespace Integration.Tests.Payees;

public sealed class PayeesTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private readonly TestService _service = fixture.Service;

    private static string NewHandle => $"u{Guid.NewGuid():N}"[..20];

    [Theory]
    [InlineData(0, HttpStatusCode.Created)]
    [InlineData(1, HttpStatusCode.Accepted)]
    public async Task A_handle_is_set_found_and_paid(int payeesShard, HttpStatusCode status)
    {
        var (alice, bob) = await Person.PairAsync(_service, payeesShard);
        var handle = NewHandle;
        await HttpAssert.JsonAsync(await bob.SetHandleAsync(handle), HttpStatusCode.OK);
        await _service.Databases.ReplicaHasCaughtUpAsync();
        var found = await alice.Client.GetAsync($"/payees/{handle}", HttpStatusCode.OK);
        Assert.Equal(bob.Wallet, found.Text("wallet"));

        var paid = await alice.PayAsync(handle, 5);
        await HttpAssert.JsonAsync(paid, status);
        await alice.EndOfAsync(paid);

        Assert.Equal((5, 0), await bob.HoldsAsync(_service));
    }

    [Fact]
    public async Task A_handle_of_another_user_cannot_be_had_and_ones_own_can_be_changed()
    {
        var (alice, bob) = (await Person.ComeAsync(_service, shard: 0), await Person.ComeAsync(_service, shard: 1));
        var (first, second) = (NewHandle, NewHandle);
        await HttpAssert.JsonAsync(await alice.SetHandleAsync(first), HttpStatusCode.OK);

        await HttpAssert.ProblemAsync(await bob.SetHandleAsync(first), HttpStatusCode.Conflict, "payee-handle-taken");

        await HttpAssert.JsonAsync(await alice.SetHandleAsync(second), HttpStatusCode.OK);
    }

    /// <summary>So a payment to the old name does not go to a stranger.</summary>
    [Fact]
    public async Task A_released_handle_stays_its_last_owners_for_thirty_days_and_is_free_then()
    {
        var (alice, bob) = (await Person.ComeAsync(_service, shard: 0), await Person.ComeAsync(_service, shard: 1, balance: 10));
        var (first, second) = (NewHandle, NewHandle);
        await HttpAssert.JsonAsync(await alice.SetHandleAsync(first), HttpStatusCode.OK);
        await HttpAssert.JsonAsync(await alice.SetHandleAsync(second), HttpStatusCode.OK);

        await HttpAssert.ProblemAsync(await bob.SetHandleAsync(first), HttpStatusCode.Conflict);
        await HttpAssert.ProblemAsync(await bob.PayAsync(first, 1), HttpStatusCode.NotFound);
        await HttpAssert.JsonAsync(await alice.SetHandleAsync(first), HttpStatusCode.OK);
        await HttpAssert.JsonAsync(await alice.SetHandleAsync(second), HttpStatusCode.OK);
        await AgeAsync("29 days");
        await HttpAssert.ProblemAsync(await bob.SetHandleAsync(first), HttpStatusCode.Conflict);

        await AgeAsync("2 days");
        await HttpAssert.JsonAsync(await bob.SetHandleAsync(first), HttpStatusCode.OK);

        Task AgeAsync(string by) => _service.Databases.ExecuteAsync(
            "directory", $"UPDATE payees SET released_at = released_at - interval '{by}' WHERE handle = '{first}'");
    }

    [Fact]
    public async Task Of_many_who_want_a_handle_at_once_one_gets_it()
    {
        var people = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Person.ComeAsync(_service, shard: i % 2)));
        var handle = NewHandle;
        var answers = await Task.WhenAll(people.Select(person => person.SetHandleAsync(handle)));

        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.Equal(7, answers.Count(answer => answer.StatusCode == HttpStatusCode.Conflict));
    }

    [Fact]
    public async Task A_handle_leads_to_a_wallet_of_ones_own_only()
    {
        var (alice, bob) = (await Person.ComeAsync(_service, shard: 0), await Person.ComeAsync(_service, shard: 0));
        var response = await alice.Client.SetHandleAsync(NewHandle, bob.Wallet);

        await HttpAssert.ProblemAsync(response, HttpStatusCode.NotFound);
    }
}
