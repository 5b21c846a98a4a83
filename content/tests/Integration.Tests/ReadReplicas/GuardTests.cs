using Api.Common;
using Microsoft.AspNetCore.Builder;

namespace Integration.Tests.ReadReplicas;

public sealed class GuardTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private readonly TestService _service = fixture.Service;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Passed", "shard0-replica")]
    [InlineData("OtherCluster", "shard0-replica")]
    [InlineData("OtherTimeline", "shard0-replica")]
    [InlineData("Behind", "shard0-replica")]
    [InlineData("BucketMoved", "shard0-replica")]
    [InlineData("Passed", "shard0")]
    [InlineData("OtherCluster", "shard0")]
    [InlineData("OtherTimeline", "shard0")]
    [InlineData("BucketMoved", "shard0")]
    public async Task A_server_says_why_it_is_not_the_one_for_a_read(string verdict, string source)
    {
        await _service.Databases.ReplicaHasCaughtUpAsync();
        var known = _service.Services.GetRequiredService<PrimaryTimelines>().Of(Numbers.Shard).Known;
        var needed = new WalPosition(known.Timeline, 0) { Cluster = known.Cluster };
        needed = verdict switch
        {
            "OtherCluster" => needed with { Cluster = known.Cluster + 1 },
            "OtherTimeline" => needed with { Timeline = known.Timeline + 1 },
            "Behind" => needed with { Lsn = ulong.MaxValue },
            _ => needed,
        };
        var route = new ReadRoute(source, needed);
        var epoch = (
            await _service.Services.GetRequiredService<BucketMap>().RouteOfAsync(Numbers.Owner.Bucket, Cancellation)).Epoch;
        var guard = ReadGuard.OfShard(route, Numbers.Owner, verdict == "BucketMoved" ? epoch + 1 : epoch);
        await using var connection = await _service.Services.GetRequiredService<DataSources>().For(source)
            .OpenConnectionAsync(Cancellation);
        await using var batch = connection.CreateBatch();
        batch.BatchCommands.Add(guard.Command());
        batch.BatchCommands.Add(new("SELECT current_setting('app.user_id', true)"));
        await using var reader = await batch.ExecuteReaderAsync(Cancellation);
        if (verdict == "Passed")
        {
            await guard.PassAsync(reader);
            await reader.ReadAsync(Cancellation);
            Assert.Equal($"{Numbers.Owner}", reader.GetString(0));
        }
        else
        {
            var refused = await Assert.ThrowsAsync<ReadRefusedException>(async () => await guard.PassAsync(reader));
            Assert.Equal(verdict, $"{refused.Verdict}");
            Assert.True(DatabaseErrors.IsTransient(refused));

            // Row security shows nobody's rows then.
            await reader.NextResultAsync(Cancellation);
            await reader.ReadAsync(Cancellation);
            Assert.True(await reader.IsDBNullAsync(0, Cancellation) || reader.GetString(0).Length == 0);
        }
    }

    [Theory]
    [InlineData("MaxLagSeconds", "0")]
    [InlineData("TimeoutMilliseconds", "-1")]
    [InlineData("ProbeMilliseconds", "0")]
    public void The_service_does_not_start_with_an_option_out_of_range_and_says_which(string option, string value)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new($"ReadReplicas:{option}", value)]).Build();
        using var services = new ServiceCollection()
            .AddValidatedOptions<ReadReplicaOptions>(configuration, ReadReplicaOptions.Section).BuildServiceProvider();

        // The host calls this before anything else.
        var refused = Assert.Throws<OptionsValidationException>(
            () => services.GetRequiredService<IStartupValidator>().Validate());
        Assert.Contains($"ReadReplicas:{option} is {value}", refused.Message, StringComparison.Ordinal);
    }
}
