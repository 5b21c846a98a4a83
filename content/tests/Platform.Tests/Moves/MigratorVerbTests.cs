namespace Platform.Tests.Moves;

public sealed class MigratorVerbTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private const int Bucket = 5;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("move-bucket", "Required argument 'bucket' missing")]
    [InlineData("move-bucket five --to shard1", "bucket cannot be 'five'")]
    [InlineData("move-bucket 5", "Option '--to' is required")]
    [InlineData("move-bucket 5 --to", "Required argument missing for option: '--to'")]
    [InlineData("move-bucket 5 --to shard1 --keep-for soon", "--keep-for cannot be 'soon'")]
    [InlineData("move-bucket 5 --to shard1 --max-closed 0", "--max-closed cannot be '0'")]
    [InlineData("abort-move", "Required argument 'bucket' missing")]
    [InlineData("abort-move 1024", "There is no bucket 1024")]
    [InlineData("move-bucket 5 --to shard1 --now", "Unrecognized command or argument '--now'")]
    [InlineData("move-bucket 1024 --to shard1", "There is no bucket 1024")]
    [InlineData("move-bucket 5 --to shard9", "There is no shard 'shard9'. Connection strings name shard0, shard1.")]
    [InlineData("mvoe-bucket 5 --to shard1", "Unrecognized command or argument 'mvoe-bucket'")]
    public async Task A_command_that_cannot_be_understood_ends_with_64_and_a_sentence(string command, string sentence)
    {
        var (code, output) = await MigratorProcess.RunAsync(fixture.Service.Databases, command.Split(' '));

        Assert.Contains(sentence, output, StringComparison.Ordinal);
        Assert.Equal(64, code);
    }

    [Fact]
    public async Task Buckets_and_help_say_what_there_is()
    {
        var (code, output) = await MigratorProcess.RunAsync(fixture.Service.Databases, "buckets");
        Assert.Equal("shard0       512 buckets: 0-511\nshard1       512 buckets: 512-1023\n", output);
        Assert.Equal(0, code);

        (code, output) = await MigratorProcess.RunAsync(fixture.Service.Databases, "help");
        Assert.Contains("move-bucket <bucket>", output, StringComparison.Ordinal);
        Assert.Equal(0, code);

        (code, output) = await MigratorProcess.RunAsync(fixture.Service.Databases, "move-bucket", "--help");
        Assert.Contains("--to <shard>", output, StringComparison.Ordinal);
        Assert.Equal(0, code);
    }

    /// <summary>Each run gets one line further than the one before it, and a little beyond, while users write.</summary>
    [Fact]
    public async Task A_Migrator_that_is_killed_again_and_again_ends_the_move_at_last()
    {
        await using var service = new TestService(await fixture.Servers.CreateDatabasesAsync());
        var users = new MovedUsers(service, Bucket);
        await users.WriteAsync();
        using var enough = new CancellationTokenSource();
        var writing = KeepWritingAsync(users, enough.Token);

        var (code, output, kills) = (-1, "", 0);
        for (var lines = 1; code != 0 && lines < 30; lines++)
        {
            var seen = 0;
            var last = lines;
            (code, output) = await MigratorProcess.RunAsync(
                service.Databases,
                async (process, _) =>
                {
                    if (++seen == last)
                    {
                        await Task.Delay(Random.Shared.Next(0, 10), Cancellation);
                        process.Kill();
                        kills++;
                    }
                },
                "move-bucket", $"{Bucket}", "--to", "shard1", "--keep-for", "0");
        }

        await enough.CancelAsync();
        await writing;
        Assert.True(code == 0, output);
        Assert.True(kills > 4, $"Only {kills} runs were killed.");
        Assert.Contains("Bucket 5 is on shard1", output, StringComparison.Ordinal);
        await users.AssertAllAreOnAsync("shard1", formerly: "shard0", epoch: 2);
    }

    /// <summary>A write that is refused while nobody serves the bucket has stored nothing, and does not count.</summary>
    private static async Task KeepWritingAsync(MovedUsers users, CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
        {
            try
            {
                await users.WriteAsync();
                await Task.Delay(20, CancellationToken.None);
            }
            catch (Exception exception)
                when (DatabaseErrors.Of(exception) == DatabaseError.BucketMoved)
            {
            }
        }
    }
}
