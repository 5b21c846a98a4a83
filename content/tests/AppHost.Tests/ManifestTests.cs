using System.Text.Json.Nodes;

namespace AppHost.Tests;

/// <summary>What is published: the two processes, and values that are given on deployment.</summary>
public sealed class ManifestTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Only_the_two_processes_are_published_and_servers_are_connection_strings()
    {
        var resources = await ResourcesAsync();
        var processes = resources.Where(
            resource => $"{resource.Value!["type"]}".StartsWith("project.", StringComparison.Ordinal));
        var parameters = resources.Where(resource => $"{resource.Value!["type"]}" == "parameter.v0");

        Assert.Equal([ResourceNames.Api, ResourceNames.Migrator], processes.Select(resource => resource.Key).Order());
        Assert.Equal(
            ResourceNames.Databases
                .SelectMany(database =>
                    new[] { database, $"{database}-owner", ResourceNames.ReplicaOf(database), ResourceNames.WorkerOf(database) })
                .Append(ResourceNames.Redis).Append("sync-tokens-key").Order(),
            parameters.Select(resource => resource.Key).Order());
        Assert.Equal(resources.Count, processes.Count() + parameters.Count());
    }

    [Fact]
    public async Task The_manifest_holds_no_secret()
    {
        var resources = await ResourcesAsync();
        var inputs = resources.Select(resource => resource.Value!["inputs"]).OfType<JsonObject>().ToList();

        Assert.NotEmpty(inputs);
        Assert.All(inputs, input =>
        {
            Assert.True((bool)input["value"]!["secret"]!);
            Assert.Null(input["value"]!["default"]);
        });
        Assert.DoesNotContain("password", await AppHostModel.PublishAsync(Cancellation), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task The_processes_get_each_connection_string_under_the_name_they_read()
    {
        var resources = await ResourcesAsync();

        foreach (var database in ResourceNames.Databases)
        {
            var replica = ResourceNames.ReplicaOf(database);
            Assert.Equal($"{{{database}-owner.connectionString}}", Connection(ResourceNames.Migrator, database));
            Assert.Equal($"{{{database}.connectionString}}", Connection(ResourceNames.Api, database));
            Assert.Equal($"{{{replica}.connectionString}}", Connection(ResourceNames.Api, replica));
        }

        foreach (var worker in ResourceNames.Databases.Select(ResourceNames.WorkerOf))
        {
            Assert.Equal($"{{{worker}.connectionString}}", Connection(ResourceNames.Api, worker));
        }

        Assert.Equal("{redis.connectionString}", Connection(ResourceNames.Api, ResourceNames.Redis));

        string? Connection(string process, string name) => (string?)resources[process]!["env"]![$"ConnectionStrings__{name}"];
    }

    [Theory]
    [InlineData(ResourceNames.Migrator)]
    [InlineData(ResourceNames.Api)]
    public async Task A_process_does_not_wait_long_for_a_collector_that_is_gone(string process)
    {
        var resources = await ResourcesAsync();

        Assert.Equal("1000", (string?)resources[process]!["env"]!["OTEL_EXPORTER_OTLP_TIMEOUT"]);
    }

    private static async Task<JsonObject> ResourcesAsync() =>
        JsonNode.Parse(await AppHostModel.PublishAsync(Cancellation))!["resources"]!.AsObject();
}
