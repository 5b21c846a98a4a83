using Api.Common;

namespace Integration.Tests.Databases;

/// <summary>The pools of the settings that the API comes with.</summary>
public sealed partial class ConnectionLimitTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private readonly IServiceProvider _services = fixture.Service.Services;

    private PostgresOptions Pools => _services.GetRequiredService<IOptions<PostgresOptions>>().Value;

    private IConfiguration Configuration => _services.GetRequiredService<IConfiguration>();

    [Fact]
    public void An_instance_has_at_most_60_connections_with_two_shards_and_one_replica()
    {
        var counts = ConnectionLimit.Count(Configuration, Pools);

        Assert.Equal(
            [
                "directory", "directory-replica", "primary-probe", "replica-probe", "shard0", "shard0-replica", "shard0-worker",
                "shard1", "shard1-replica", "shard1-worker",
            ],
            counts.Keys.Order(StringComparer.Ordinal));
        Assert.InRange(counts.Values.Sum(), 1, 60);
    }

    /// <summary>The count is right only if each data source has that size, and there is no other.</summary>
    [Fact]
    public void Each_pool_is_as_large_as_the_count_says()
    {
        var counts = ConnectionLimit.Count(Configuration, Pools);
        var names = _services.GetRequiredService<DatabaseNames>();
        Assert.All(names.Primaries.Concat(names.Replicas).Concat(names.Workers), name =>
        {
            var settings = _services.GetRequiredService<DataSources>().For(name).ConnectionString;
            Assert.Contains($"Maximum Pool Size={counts[name]};", $"{settings};", StringComparison.OrdinalIgnoreCase);
        });
    }

    [Fact]
    public void A_request_that_has_its_turn_finds_a_connection()
    {
        var turns = Configuration.GetSection(RateLimitOptions.Section).Get<RateLimitOptions>()!;
        var reads = _services.GetRequiredService<IOptions<ReadReplicaOptions>>().Value;

        Assert.InRange(turns.Writes + reads.PrimaryReads, 1, Pools.MaxPoolSize);
        Assert.InRange(turns.Reads, 1, Pools.ReplicaPoolSize);
    }

    [Theory]
    [InlineData("RateLimits:Reads", "0")]
    [InlineData("Postgres:MaxConnections", "40")]
    public Task The_API_does_not_start_with_limits_that_are_wrong(string option, string value) => ApiInstance.FailsToStartAsync(
        [.. TestService.SettingsOf(fixture.Service.Databases), new(option, value)],
        $"{nameof(OptionsValidationException)}: {option} is {value}",
        TestContext.Current.CancellationToken);

    [Fact]
    public void Two_instances_fit_a_server_while_one_replaces_the_other() =>
        Assert.InRange(2 * Pools.MaxConnections, 1, 200 - 20);
}
