using Migrator.Migrations;
using Migrator.Moves;

namespace Platform.Tests.Moves;

public sealed class BucketMoveTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private static int s_bucket;

    private readonly TestService _service = fixture.Service;

    public static TheoryData<MoveStep> Steps { get; } = [.. Enum.GetValues<MoveStep>()];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_bucket_that_is_there_already_is_left_alone()
    {
        var users = NewUsers();
        var result = await users.MoveAsync("shard0");

        Assert.Equal(MoveOutcome.Done, result.Outcome);
        Assert.Contains("already", result.Message, StringComparison.Ordinal);
        Assert.Equal("active 1", await users.StateAsync("shard0"));
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public async Task A_run_that_dies_after_any_step_is_finished_by_the_next(MoveStep last)
    {
        var users = NewUsers();
        await users.WriteAsync();
        await Assert.ThrowsAsync<Died>(() => users.MoveAsync("shard1", async step =>
        {
            if (step == MoveStep.Copied)
            {
                await users.WriteAsync(); // So that there is something to copy again.
            }

            if (step == last)
            {
                throw new Died();
            }
        }));

        // A bucket is never served twice, and by no shard only between two steps.
        string[] served = last switch { MoveStep.Left => [], < MoveStep.Mapped => ["shard0"], _ => ["shard1"] };
        await Eventually.TrueAsync(async () => (await users.ServedByAsync()).SequenceEqual(served));
        if (served.Length > 0)
        {
            await users.WriteAsync();
        }

        var result = await users.MoveAsync("shard1");
        Assert.True(result.Outcome == MoveOutcome.Done, result.Message);
        await users.WriteAsync();
        await users.AssertAllAreOnAsync("shard1", formerly: "shard0", epoch: 2);
    }

    [Fact]
    public async Task What_is_written_between_any_two_steps_is_not_lost()
    {
        var users = NewUsers();
        await users.WriteAsync();
        var result = await users.MoveAsync("shard1", step =>
            step is < MoveStep.Closed or >= MoveStep.Mapped ? users.WriteAsync() : Task.CompletedTask);

        Assert.True(result.Outcome == MoveOutcome.Done, result.Message);
        await users.AssertAllAreOnAsync("shard1", formerly: "shard0", epoch: 2);
    }

    [Fact]
    public async Task A_second_move_of_the_same_bucket_is_refused()
    {
        var users = NewUsers();
        await users.WriteAsync();
        await Assert.ThrowsAsync<Died>(() => users.MoveAsync("shard1", async step =>
        {
            if (step == MoveStep.Copied)
            {
                var meanwhile = await Quiet(users).MoveAsync("shard1");
                Assert.Equal(MoveOutcome.Locked, meanwhile.Outcome);
                throw new Died();
            }
        }));

        var elsewhere = await users.MoveAsync("shard0");
        Assert.Equal(MoveOutcome.Locked, elsewhere.Outcome);
        Assert.Contains("from shard0 to shard1", elsewhere.Message, StringComparison.Ordinal);
        Assert.Equal(MoveOutcome.Done, (await users.MoveAsync("shard1")).Outcome);

        MovedUsers Quiet(MovedUsers same) => new(_service, same.Users[0].Bucket.Value);
    }

    [Fact]
    public async Task A_run_that_hangs_while_the_bucket_is_closed_loses_it()
    {
        var users = NewUsers();
        await users.WriteAsync();
        var options = MovedUsers.Unhurried with { MaxClosed = TimeSpan.FromSeconds(1) };
        var hung = await users.MoveAsync(
            "shard1",
            async step =>
            {
                if (step == MoveStep.Completed)
                {
                    Assert.Empty(await users.ServedByAsync());
                    await Task.Delay(1500, Cancellation);
                    await Eventually.TrueAsync(async () => (await users.ServedByAsync()).SequenceEqual(["shard0"]));
                    await users.WriteAsync();
                }
            },
            options);

        Assert.NotEqual(MoveOutcome.Done, hung.Outcome);
        Assert.Equal("moving 1", await users.StateAsync("shard0"));
        Assert.Equal(MoveOutcome.Done, (await users.MoveAsync("shard1")).Outcome);
        await users.AssertAllAreOnAsync("shard1", formerly: "shard0", epoch: 2);
    }

    [Fact]
    public async Task A_transaction_that_holds_the_bucket_delays_the_move_and_not_the_other_writers()
    {
        var users = NewUsers();
        await users.WriteAsync();
        await using var holder = new Npgsql.NpgsqlConnection(
            _service.Databases.ConnectionString("shard0", Topology.DatabaseRoles.ReadWrite));
        await holder.OpenAsync(Cancellation);
        await using var transaction = await holder.BeginTransactionAsync(Cancellation);
        await using (var act = new Npgsql.NpgsqlCommand($"SELECT act_for('{users.Users[0]}', 1, 0)", holder))
        {
            await act.ExecuteNonQueryAsync(Cancellation);
        }

        var options = MovedUsers.Unhurried with { CloseTimeout = TimeSpan.FromSeconds(1) };
        var waiting = users.MoveAsync("shard1", options: options);
        await users.WriteAsync();
        var result = await waiting;

        Assert.Equal(MoveOutcome.Failed, result.Outcome);
        Assert.Contains("could not be closed", result.Message, StringComparison.Ordinal);
        await transaction.RollbackAsync(Cancellation);
        Assert.Equal(MoveOutcome.Done, (await users.MoveAsync("shard1")).Outcome);
        await users.AssertAllAreOnAsync("shard1", formerly: "shard0", epoch: 2);
    }

    [Theory]
    [InlineData(-1, "shard1")]
    [InlineData(1024, "shard1")]
    [InlineData(5, "shard9")]
    [InlineData(5, "directory")]
    [InlineData(5, "")]
    public async Task An_unknown_bucket_or_shard_is_refused(int bucket, string target)
    {
        var mover = new BucketMover(_service.Databases.OwnerConfiguration(), new MoveOptions(), (_, _) => Task.CompletedTask);

        Assert.Equal(MoveOutcome.WrongArguments, (await mover.MoveAsync(bucket, target, Cancellation)).Outcome);
    }

    [Fact]
    public async Task A_missing_configuration_a_server_that_is_away_and_a_missing_schema_are_told_apart()
    {
        var nothing = new ConfigurationBuilder().Build();
        var away = Servers.Configuration(_ => "Host=localhost;Port=1;Username=owner;Timeout=1");
        var empty = await fixture.Servers.CreateDatabasesAsync(empty: true);

        Assert.Equal(MoveOutcome.NotConfigured, await OutcomeAsync(nothing));
        Assert.Equal(MoveOutcome.Unreachable, await OutcomeAsync(away));
        Assert.Equal(MoveOutcome.Failed, await OutcomeAsync(empty.OwnerConfiguration()));

        static async Task<MoveOutcome> OutcomeAsync(IConfiguration configuration) =>
            (await new BucketMover(configuration, new MoveOptions(), (_, _) => Task.CompletedTask)
                .MoveAsync(5, "shard1", Cancellation)).Outcome;
    }

    [Fact]
    public async Task A_shard_that_is_added_takes_a_bucket_without_a_restart_of_the_service()
    {
        var databases = await fixture.Servers.CreateDatabasesAsync(addedShard: "shard2");
        await using var service = new TestService(databases);
        var users = new MovedUsers(service, bucket: 5);
        await users.WriteAsync();

        var migrated = await new MigrationRun(databases.OwnerConfiguration(), NullLogger<MigrationRun>.Instance)
            .RunAsync(Cancellation);
        Assert.Equal(MigrationOutcome.UpToDate, migrated);
        Assert.Equal(0, await databases.ScalarAsync<long>("shard2", "SELECT count(*) FROM bucket_owner"));

        Assert.Equal(MoveOutcome.Done, (await users.MoveAsync("shard2")).Outcome);
        await users.WriteAsync();
        await users.AssertAllAreOnAsync("shard2", formerly: "shard0", epoch: 2);
        var summary = await BucketSummary.DescribeAsync(databases.OwnerConfiguration(), Cancellation);
        Assert.EndsWith("\nshard2         1 buckets: 5", summary.Message, StringComparison.Ordinal);
    }

    /// <summary>Of a bucket of shard0 that no other test has.</summary>
    private MovedUsers NewUsers() => new(_service, Interlocked.Increment(ref s_bucket) + 100);

    private sealed class Died : Exception;
}
