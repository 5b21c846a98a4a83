namespace Integration.Tests.LocalHost;

/// <summary>One topology for the tests of a class.</summary>
public sealed class TopologyFixture : IAsyncLifetime
{
    private readonly TestDirectory _directory = new();

    public LocalTopology Topology { get; private set; } = null!;

    public async ValueTask InitializeAsync() =>
        Topology = await LocalTopology.StartAsync(
            LocalTopologyOptions.ForTests(_directory.Path), TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await Topology.DisposeAsync();
        _directory.Dispose();
    }
}
