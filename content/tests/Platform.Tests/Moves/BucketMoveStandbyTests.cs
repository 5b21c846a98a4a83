using Migrator.Moves;

namespace Platform.Tests.Moves;

/// <summary>The source keeps the bucket until a standby of the target has its rows.</summary>
public sealed class BucketMoveStandbyTests(ServersFixture fixture) : IClassFixture<ServersFixture>
{
    private const int Bucket = 5;

    [Fact]
    public async Task A_target_whose_standby_lags_is_not_opened_and_the_bucket_is_not_even_closed()
    {
        var (databases, users, service) = await NewAsync();
        await using var _ = service;
        await using (await PausedReplica.PauseAsync(databases))
        {
            var steps = new List<MoveStep>();
            var options = MovedUsers.Unhurried with { StandbyTimeout = TimeSpan.FromSeconds(1) };
            var refused = await users.MoveAsync("shard1", AddAsync(steps), options);

            Assert.Equal(MoveOutcome.Failed, refused.Outcome);
            Assert.Contains("No standby of shard1 has the rows after 1 s", refused.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(MoveStep.Closed, steps);
            await users.WriteAsync();
        }

        await DoneAsync(users);
    }

    [Fact]
    public async Task A_standby_that_stops_while_the_bucket_is_closed_opens_the_source_again()
    {
        var (databases, users, service) = await NewAsync();
        await using var _ = service;
        PausedReplica? paused = null;
        var options = MovedUsers.Unhurried with { MaxClosed = TimeSpan.FromSeconds(1) };
        var refused = await users.MoveAsync(
            "shard1",
            async step =>
                paused = step == MoveStep.Followed && paused is null ? await PausedReplica.PauseAsync(databases) : paused,
            options with { StandbyTimeout = TimeSpan.Zero });
        Assert.Equal(MoveOutcome.Failed, refused.Outcome);
        await paused!.DisposeAsync();
        paused = null;

        refused = await users.MoveAsync(
            "shard1", async step => paused = step == MoveStep.Verified ? await PausedReplica.PauseAsync(databases) : paused,
            options);
        Assert.Equal(MoveOutcome.Failed, refused.Outcome);
        Assert.Contains("shard0 takes writes again", refused.Message, StringComparison.Ordinal);
        Assert.Equal("moving 1", await users.StateAsync("shard0"));
        await users.WriteAsync();
        await paused!.DisposeAsync();
        await DoneAsync(users);
    }

    [Fact]
    public async Task The_bucket_is_opened_once_the_standby_has_it()
    {
        var (databases, users, service) = await NewAsync();
        await using var _ = service;
        var resumed = Task.CompletedTask;
        var result = await users.MoveAsync("shard1", async step =>
        {
            if (step == MoveStep.Verified)
            {
                var paused = await PausedReplica.PauseAsync(databases);
                resumed = Task.Run(async () =>
                {
                    await Task.Delay(700);
                    await paused.DisposeAsync();
                });
            }

            if (step == MoveStep.Left)
            {
                Assert.True(resumed.IsCompleted, "The source was left before the standby had the rows.");
            }
        });

        await resumed;
        Assert.True(result.Outcome == MoveOutcome.Done, result.Message);
        Assert.InRange(result.Closed.TotalMilliseconds, 700, 30_000);
        await users.AssertAllAreOnAsync("shard1", formerly: "shard0", epoch: 2);
    }

    private static Func<MoveStep, Task> AddAsync(List<MoveStep> steps) => step =>
    {
        steps.Add(step);
        return Task.CompletedTask;
    };

    private static async Task DoneAsync(MovedUsers users)
    {
        var result = await users.MoveAsync("shard1");
        Assert.True(result.Outcome == MoveOutcome.Done, result.Message);
        await users.AssertAllAreOnAsync("shard1", formerly: "shard0", epoch: 2);
    }

    private async Task<(TestDatabases Databases, MovedUsers Users, TestService Service)> NewAsync()
    {
        var databases = await fixture.Servers.CreateDatabasesAsync();
        var service = new TestService(databases);
        var users = new MovedUsers(service, Bucket);
        await users.WriteAsync();
        return (databases, users, service);
    }
}
