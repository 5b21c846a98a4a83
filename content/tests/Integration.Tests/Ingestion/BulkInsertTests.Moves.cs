using Migrator.Moves;

namespace Integration.Tests.Ingestion;

public sealed partial class BulkInsertTests
{
    /// <summary>The bucket moves between two batches, and this process learns of it by being refused.</summary>
    [Theory]
    [MemberData(nameof(Sizes))]
    public async Task A_batch_follows_its_user_to_another_shard(int size)
    {
        await AddAsync(Rows(1, 10));
        foreach (var (target, former) in new[] { ("shard1", "shard0"), ("shard0", "shard1") })
        {
            var moved = await new BucketMover(
                    _service.Databases.OwnerConfiguration(), new MoveOptions { KeepFor = TimeSpan.Zero }, (_, _) =>
                        Task.CompletedTask)
                .MoveAsync(_owner.Bucket.Value, target, Cancellation);
            Assert.True(moved.Outcome == MoveOutcome.Done, moved.Message);
            await AddAsync(Rows(target == "shard1" ? 11 : size + 11, size));
            Assert.Equal(target == "shard1" ? size + 10 : (size * 2) + 10, await CountAsync(target));
            Assert.Equal(0, await CountAsync(former));
        }
    }
}
