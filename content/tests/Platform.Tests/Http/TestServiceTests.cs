namespace Platform.Tests.Http;

/// <summary>Hosts that nobody knows of would load the machine until the end of the run.</summary>
public sealed class TestServiceTests(ServersFixture fixture) : IClassFixture<ServersFixture>
{
    [Fact]
    public async Task Tests_that_come_at_once_start_one_host()
    {
        await using var service = new TestService(await fixture.Servers.CreateDatabasesAsync());
        var providers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => service.Services)));

        Assert.Single(providers.Distinct());
    }
}
