namespace Integration.Tests.Failover;

/// <summary>Commits that wait for a synchronous standby which is away.</summary>
public sealed class SynchronousStandbyTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Either would end the wait, and the server would report success.</summary>
    [Fact]
    public async Task Neither_a_token_nor_the_command_timeout_cancels_a_COMMIT()
    {
        await using var servers = await StartAsync();
        await using var service = await StartAsync(servers, waitSeconds: 2);
        await using var standby = await AwayStandby.SendAsync(servers);

        using var client = new CancellationTokenSource();
        var write = WriteAsync(service, client.Token);
        await Eventually.TrueAsync(async () => await standby.WaitingAsync() == 1);
        await client.CancelAsync();

        await Assert.ThrowsAsync<CommitUnknownException>(() => write);
        Assert.Equal(1, await standby.WaitingAsync());
        await standby.ReturnAsync();
        await Eventually.TrueAsync(async () => await standby.WaitingAsync() == 0);
        Assert.Equal(7, (await Numbers.ReadAsync(service, "note")).Value);
    }

    [Fact]
    public async Task A_wait_that_an_administrator_ends_is_not_reported_as_success()
    {
        await using var servers = await StartAsync();
        await using var service = await StartAsync(servers, waitSeconds: 30);
        await using var standby = await AwayStandby.SendAsync(servers);

        var write = WriteAsync(service, Cancellation);
        await Eventually.TrueAsync(async () => await standby.WaitingAsync() == 1);
        await standby.CancelWaitsAsync();

        await Assert.ThrowsAsync<CommitNotReplicatedException>(() => write);
    }

    private static async Task<Servers> StartAsync() =>
        await Servers.OnAsync(await StartedServers.StartAsync(Cancellation, synchronousReplica: true));

    private static async Task<TestService> StartAsync(Servers servers, int waitSeconds)
    {
        var service = new TestService(
            await servers.CreateDatabasesAsync(), ("Postgres:CommandTimeout", "1"), ("Commits:WaitSeconds", $"{waitSeconds}"));
        await Numbers.CreateAsync(service.Databases);
        await Numbers.WriteAsync(service, "before", 1);
        return service;
    }

    private static async Task WriteAsync(TestService service, CancellationToken cancellationToken)
    {
        await using var request = Request.Begin(service);
        var writer = request.Get<ShardWriter>();
        var context = await writer.JoinAsync(Numbers.Owner, Cancellation);
        await context.Database.ExecuteSqlAsync($"INSERT INTO numbers VALUES ('note', 7)", Cancellation);
        await writer.CommitAsync(cancellationToken);
    }
}
