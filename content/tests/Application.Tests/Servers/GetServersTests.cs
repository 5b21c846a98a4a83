using Application.Servers;

namespace Application.Tests.Servers;

public sealed class GetServersTests
{
    [Fact]
    public async Task The_servers_are_told_as_the_inspector_saw_them_and_nothing_is_committed()
    {
        ServerView[] servers = [new("directory", Role: "primary"), new("redis", Error: "It does not answer.")];
        await using var useCases = new UseCases(ports => ports.AddSingleton<IServerInspector>(new Inspector(servers)));

        Assert.Equal(servers, await useCases.SendAsync(new GetServers()));
        Assert.Equal(0, useCases.Commits);
    }

    private sealed class Inspector(IReadOnlyList<ServerView> servers) : IServerInspector
    {
        public Task<IReadOnlyList<ServerView>> InspectAsync(CancellationToken cancellationToken) => Task.FromResult(servers);
    }
}
