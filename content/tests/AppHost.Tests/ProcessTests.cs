namespace AppHost.Tests;

/// <summary>What the Migrator and the API are given, and when they start.</summary>
public sealed class ProcessTests(AppHostModel model)
{
    private const string Prefix = "ConnectionStrings__";

    [Fact]
    public async Task The_migrator_reaches_every_database_on_the_primary_as_its_owner()
    {
        var connections = await ConnectionsAsync(ResourceNames.Migrator);

        Assert.Equal(ResourceNames.Databases.Order(), connections.Keys.Order());
        Assert.All(ResourceNames.Databases, database =>
            Assert.Equal(Expected([ResourceNames.Primary], database, DatabaseRoles.Owner), connections[database]));
    }

    [Fact]
    public async Task The_api_writes_to_the_primary_and_reads_from_the_replica_with_a_role_for_each()
    {
        var connections = await ConnectionsAsync(ResourceNames.Api);

        // Aspire gives a name with a dash twice: as it is, and with an underscore for shells.
        Assert.Equal(
            (3 * ResourceNames.Databases.Count) + 1, connections.Keys.Select(name => name.Replace('_', '-')).Distinct().Count());
        Assert.All(ResourceNames.Databases, database =>
        {
            Assert.Equal(ExpectedPrimary(database, DatabaseRoles.ReadWrite), connections[database]);
            Assert.Equal(ExpectedReplica(database, DatabaseRoles.ReadOnly), connections[ResourceNames.ReplicaOf(database)]);
            Assert.Equal(ExpectedPrimary(database, DatabaseRoles.Worker), connections[ResourceNames.WorkerOf(database)]);
        });
    }

    [Fact]
    public async Task The_api_reaches_redis_with_a_password()
    {
        var connections = await ConnectionsAsync(ResourceNames.Api);

        Assert.Contains("password={redis-password.value}", connections[ResourceNames.Redis], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ResourceNames.Migrator)]
    [InlineData(ResourceNames.Api)]
    public async Task No_process_gets_a_password_of_the_superuser_or_of_replication(string process)
    {
        var connections = await ConnectionsAsync(process);
        var environment = await model.EnvironmentAsync(process);

        Assert.All(connections.Values.Concat(environment.Values), value =>
        {
            Assert.DoesNotContain($"{{{DatabaseRoles.Superuser}-password", value, StringComparison.Ordinal);
            Assert.DoesNotContain($"{{{DatabaseRoles.Replicator}-password", value, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Each_part_waits_for_what_it_needs()
    {
        Assert.Equal([ResourceNames.Primary], model.Waits(ResourceNames.Replica, WaitType.WaitUntilHealthy));
        Assert.Equal([ResourceNames.Primary], model.Waits(ResourceNames.Migrator, WaitType.WaitUntilHealthy));
        Assert.Equal([ResourceNames.Migrator], model.Waits(ResourceNames.Api, WaitType.WaitForCompletion));
        Assert.Equal([ResourceNames.Redis, ResourceNames.Replica], model.Waits(ResourceNames.Api, WaitType.WaitUntilHealthy));
    }

    [Fact]
    public void The_api_is_asked_whether_it_lives_and_whether_it_is_ready_by_plain_http()
    {
#pragma warning disable ASPIREPROBES001 // Probes are in preview.
        var probes = model.Get<ProjectResource>(ResourceNames.Api).Annotations.OfType<EndpointProbeAnnotation>().ToList();

        Assert.Equal(["/health/live", "/health/ready"], probes.Select(probe => probe.Path));
        Assert.All(probes, probe => Assert.Equal("http", probe.EndpointReference.EndpointName));
#pragma warning restore ASPIREPROBES001
    }

    [Fact]
    public void The_dashboard_shows_nine_rows_at_most_and_the_databases_below_their_server()
    {
        var shown = model.Resources
            .Where(resource => resource is not ParameterResource
                && !resource.Annotations.OfType<HiddenAnnotation>().Any(hidden => hidden.Behavior == HiddenBehavior.Always))
            .Select(resource => resource.Name);

        Assert.Equal(
            [
                ResourceNames.Api, "directory", ResourceNames.Migrator, ResourceNames.Primary, ResourceNames.Replica,
                ResourceNames.Redis,
                .. ResourceNames.Shards,
            ],
            shown.Order());
        Assert.All(ResourceNames.Databases, database =>
        {
            Assert.Equal(ResourceNames.Primary, Parent(database));
            Assert.Equal(ResourceNames.Primary, Parent(ResourceNames.WorkerOf(database)));
            Assert.Equal(ResourceNames.Replica, Parent(ResourceNames.ReplicaOf(database)));
        });

        string Parent(string name) => Assert.Single(
            model.Get<ConnectionStringResource>(name).Annotations.OfType<ResourceRelationshipAnnotation>()).Resource.Name;
    }

    [Fact]
    public async Task The_api_signs_with_a_key_that_is_kept_and_the_migrator_runs_in_the_environment_of_the_host()
    {
        Assert.Equal("{sync-tokens-key.value}", (await model.EnvironmentAsync(ResourceNames.Api))["SyncTokens__Key"]);
        var key = await model.Get<ParameterResource>("sync-tokens-key").GetValueAsync(TestContext.Current.CancellationToken);
        Assert.True(Convert.FromBase64String(key!).Length >= 32);
        Assert.True((await model.EnvironmentAsync(ResourceNames.Migrator)).ContainsKey("DOTNET_ENVIRONMENT"));
    }

    private string ExpectedReplica(string database, string role) => Expected([ResourceNames.Replica], database, role);

    /// <summary>Both servers, the one that is the primary at first before the other.</summary>
    private string ExpectedPrimary(string database, string role) =>
        Expected([ResourceNames.Primary, ResourceNames.Replica], database, role);

    private string Expected(string[] servers, string database, string role) => PostgresConnectionString.Create(
        servers.Select(server => $"{Binding(server, "host")}:{Binding(server, "port")}"),
        database, role, Password(role), Path.Combine(model.Certificates, "ca.crt"));

    private static string Binding(string server, string property) => $"{{{server}.bindings.tcp.{property}}}";

    private static string Password(string role) => $"{{{role.Replace('_', '-')}-password.value}}";

    /// <summary>Connection strings by the name that the process reads them by.</summary>
    private async Task<Dictionary<string, string>> ConnectionsAsync(string process)
    {
        var environment = await model.EnvironmentAsync(process);
        return environment.Where(variable => variable.Key.StartsWith(Prefix, StringComparison.Ordinal)).ToDictionary(
            variable => variable.Key[Prefix.Length..],
            variable => model.Get<IResourceWithConnectionString>(
                variable.Value[1..^".connectionString}".Length]).ConnectionStringExpression.ValueExpression);
    }
}
