using Application.Sagas;
using Platform.Sagas;

namespace Integration.Tests.Sagas;

[Collection(nameof(TestSagas))]
public sealed class SagaRetentionTests(SagaFixture fixture) : IClassFixture<SagaFixture>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>A step's row keeps the step from being done twice, however old it is.</summary>
    [Fact]
    public async Task Runs_that_ended_long_ago_go_with_their_steps_on_all_shards_and_those_that_did_not_stay()
    {
        await using var service = new SagaService(fixture.Databases);
        var (old, young, open) = (await RunAsync(service), await RunAsync(service), await RunAsync(service));
        foreach (var shard in new[] { "shard0", "shard1" })
        {
            await fixture.Databases.ExecuteAsync(
                shard, $"UPDATE saga_steps SET done_at = done_at - interval '31 days' WHERE saga_id IN ('{old.Id}', "
                    + $"'{open.Id}')");
        }

        await fixture.Databases.ExecuteAsync("shard0", $"""
            UPDATE sagas SET ended_at = ended_at - interval '31 days' WHERE id = '{old.Id}';
            UPDATE sagas SET status = 5, ended_at = NULL WHERE id = '{open.Id}';
            """);

        await service.Services.DropExpiredAsync<OldSagaSteps>("shard0");
        await service.Services.DropExpiredAsync<OldSagaSteps>("shard1");
        await service.Services.DropExpiredAsync<EndedSagas>("shard0");

        Assert.Equal((0, 0), await CountAsync(old));
        Assert.Equal((1, 2), await CountAsync(young));
        Assert.Equal((1, 2), await CountAsync(open));
    }

    private static async Task<TestData> RunAsync(SagaService service)
    {
        var run = await service.StartAsync<UndoableSaga>();
        await service.UntilAsync(run, SagaStatus.Completed);
        return run;
    }

    private async Task<(long Runs, long Steps)> CountAsync(TestData run)
    {
        var steps = $"SELECT count(*) FROM saga_steps WHERE saga_id = '{run.Id}'";
        return (
            await fixture.Databases.ScalarAsync<long>("shard0", $"SELECT count(*) FROM sagas WHERE id = '{run.Id}'"),
            await fixture.Databases.ScalarAsync<long>("shard0", steps)
                + await fixture.Databases.ScalarAsync<long>("shard1", steps));
    }
}
