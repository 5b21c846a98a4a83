namespace Platform.Tests.Containers;

/// <summary>One primary and replica for the tests of a class; none when nothing can run them and the tests are skipped.</summary>
public sealed class PostgresContainersFixture : IAsyncLifetime
{
    private PostgresContainers? _servers;

    public PostgresContainers Servers => _servers ?? throw new InvalidOperationException("There is no container engine.");

    public async ValueTask InitializeAsync()
    {
        if (ContainerEngine.IsRunning)
        {
            _servers = await PostgresContainers.StartAsync(TestContext.Current.CancellationToken);
        }
    }

    public ValueTask DisposeAsync() => _servers?.DisposeAsync() ?? default;
}
