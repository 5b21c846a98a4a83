using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace AppHost.Tests;

[Collection(SharedAppHost.Name)]
public sealed class StartTests(RunningAppHost host)
{
    [Fact]
    public async Task Everything_is_healthy_and_every_server_tells_its_role()
    {
        foreach (var resource in (string[])[ResourceNames.Primary, ResourceNames.Replica, ResourceNames.Redis, ResourceNames.Api])
        {
            await host.HealthyAsync(resource);
        }

        using var client = host.ClientOf("ada");
        var servers = await client.GetFromJsonAsync<JsonArray>("/topology", TestContext.Current.CancellationToken);
        Assert.All(servers!, server => Assert.Null(server!["error"]));
        Assert.Equal(
            ResourceNames.Databases.Select(database => (ResourceNames.ReplicaOf(database), "replica")),
            servers!.Select(server => ((string)server!["name"]!, (string)server["role"]!))
                .Where(server => server.Item2 == "replica"));
    }
}
