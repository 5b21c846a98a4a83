using Migrator.Moves;

namespace Integration.Tests.Realtime;

public sealed partial class EventOrderTests
{
    [Fact]
    public async Task A_bucket_moves_there_and_back_and_its_user_is_told_of_everything_once()
    {
        await using var client = new EventClient(_subject);
        await using var away = new EventClient(_subject);
        await client.ConnectAsync(_service);
        await away.ConnectAsync(_service);
        await client.UntilAsync("ready");
        await away.UntilAsync("ready");
        await _service.PublishAsync(Owner, 1);
        await away.UntilCountAsync(1);
        await away.DisconnectAsync();

        var number = 1;
        using var enough = new CancellationTokenSource();
        var writing = Task.Run(
            async () =>
            {
                while (!enough.IsCancellationRequested)
                {
                    await _service.PublishAsync(Owner, ++number);

                    // A client that reads too little of too much would be reset.
                    await client.UntilCountAsync(number);
                }
            },
            Cancellation);
        foreach (var target in new[] { "shard1", "shard0" })
        {
            var moved = await new BucketMover(
                    _service.Databases.OwnerConfiguration(), new MoveOptions { KeepFor = TimeSpan.Zero }, (_, _) =>
                        Task.CompletedTask)
                .MoveAsync(Owner.Bucket.Value, target, Cancellation);
            Assert.True(moved.Outcome == MoveOutcome.Done, moved.Message);
        }

        await enough.CancelAsync();
        await writing;
        await away.ConnectAsync(_service);

        var stored = await _service.Databases.StoredAsync("shard0", Owner);
        Assert.Equal(number, stored.Length);
        Assert.Equal(stored, await client.UntilCountAsync(number));
        Assert.Equal(stored, await away.UntilCountAsync(number));
        Assert.DoesNotContain(client.Notices.Concat(away.Notices), notice => notice.EventType == "reset");
    }
}
