using Infrastructure.Activity;

namespace Integration.Tests.Activity;

public sealed class ActivityRetentionTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    [Fact]
    public async Task Old_activity_is_dropped_in_batches_and_that_of_a_bucket_that_moves_is_left_alone()
    {
        var service = fixture.Service;
        var (here, moving) = (TestService.UserOf(TestService.NewSubject()), TestService.UserOf(TestService.NewSubject()));
        foreach (var owner in new[] { here, moving })
        {
            await service.Databases.ExecuteAsync("shard0", $$"""
                INSERT INTO activity (owner_id, id, kind, payload, created_at)
                SELECT '{{owner}}', gen_random_uuid(), 'click', '{}', now() - n * interval '401 days' FROM generate_series(0, 1) n, generate_series(1, 700)
                """);
        }

        await service.Databases.ExecuteAsync(
            "shard0", $"UPDATE bucket_owner SET state = 'moving' WHERE bucket = {moving.Bucket.Value}");
        Assert.Equal(700, await service.Services.DropExpiredAsync<OldActivity>("shard0"));
        await service.Databases.ExecuteAsync(
            "shard0", $"UPDATE bucket_owner SET state = 'active' WHERE bucket = {moving.Bucket.Value}");
        Assert.Equal(700, await service.Services.DropExpiredAsync<OldActivity>("shard0"));
        Assert.Equal(1_400, await service.Databases.ScalarAsync<long>("shard0", "SELECT count(*) FROM activity"));
    }
}
