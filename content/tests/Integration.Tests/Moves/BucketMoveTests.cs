using Migrator.Moves;

namespace Integration.Tests.Moves;

public sealed class BucketMoveTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    [Fact]
    public async Task A_bucket_moves_with_all_rows_of_its_users_and_moves_back()
    {
        var users = new MovedUsers(fixture.Service, bucket: 100);
        await users.WriteAsync();

        var there = await users.MoveAsync("shard1");
        Assert.True(there.Outcome == MoveOutcome.Done, there.Message);
        await users.AssertAllAreOnAsync("shard1", formerly: "shard0", epoch: 2);

        await users.WriteAsync();
        Assert.Equal(MoveOutcome.Done, (await users.MoveAsync("shard0")).Outcome);
        await users.WriteAsync();
        await users.AssertAllAreOnAsync("shard0", formerly: "shard1", epoch: 3);
    }
}
