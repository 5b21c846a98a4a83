using Application.Sagas;
using ErrorOr;
using Platform.Sagas;

namespace Platform.Tests.Sagas;

/// <summary>Several instances, and what they know of each other. Each test has databases without runs of the others.</summary>
[Collection(nameof(TestSagas))]
public sealed class SagaInstancesTests(ServerPool pool) : IAsyncLifetime
{
    private readonly SagaFixture _fixture = new(pool);

    private static readonly (string, string) NoPolling = ("Sagas:PollMilliseconds", "600000");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _fixture.InitializeAsync();

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task Instances_share_the_work_and_each_effect_happens_once()
    {
        (string, string)[] few = [("Sagas:Workers", "2"), ("Sagas:PollMilliseconds", "50")];
        await using var one = new SagaService(_fixture.Databases, few);
        await using var two = new SagaService(_fixture.Databases, few);
        await using var three = new SagaService(_fixture.Databases, few);
        one.Script.Play = two.Script.Play = three.Script.Play = Script.Refusing("nothing");

        // One instance starts all of them, more than it has places for.
        var runs = new ConcurrentBag<Guid>();
        await Parallel.ForAsync(0, 200, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Cancellation },
            async (_, _) => runs.Add((await one.StartAsync<UndoableSaga>()).Id));
        var ids = $"'{{{string.Join(',', runs)}}}'::uuid[]";
        await Eventually.TrueAsync(
            async () => await CountAsync("shard0", $"sagas WHERE id = ANY ({ids}) AND status = 3") == runs.Count, seconds: 60);

        Assert.Equal(2 * runs.Count, await CountAsync("shard0", $"effects WHERE saga = ANY ({ids})"));
        Assert.Equal(2 * runs.Count,
            await CountAsync("shard0", $"(SELECT DISTINCT saga, step FROM effects WHERE saga = ANY ({ids})) AS each"));
        Assert.Equal(runs.Count, await CountAsync("shard1", $"effects WHERE saga = ANY ({ids})"));
        Assert.Equal(runs.Count,
            await CountAsync("shard1", $"(SELECT DISTINCT saga, step FROM effects WHERE saga = ANY ({ids})) AS each"));
        Assert.All([one, two, three], service => Assert.NotEqual(0, service.Script.CallsOf("give")));

        Task<long> CountAsync(string shard, string rows) =>
            _fixture.Databases.ScalarAsync<long>(shard, $"SELECT count(*) FROM {rows}");
    }

    /// <summary>A worker that stands still before its effect, as after SIGSTOP, while another instance does the step.</summary>
    [Fact]
    public async Task Who_comes_back_after_the_lease_has_no_effect_and_moves_nothing()
    {
        (string, string)[] quick = [("Sagas:LeaseSeconds", "1"), ("Sagas:PollMilliseconds", "50")];
        await using var slow = new SagaService(_fixture.Databases, quick);
        using var wakeUp = new ManualResetEventSlim();
        var first = 1;
        using var points = new Points((point, where) =>
        {
            if (point == SagaPoint.BeforeEffect && where == "undoable/give" && Interlocked.Decrement(ref first) == 0)
            {
                wakeUp.Wait(Cancellation);
            }
        });
        var run = await slow.StartAsync<UndoableSaga>();
        await using var other = new SagaService(_fixture.Databases, quick);

        await other.UntilAsync(run, SagaStatus.Completed);
        var epoch = await other.ColumnAsync<long>(run, "lease_epoch");
        wakeUp.Set();
        await slow.StopAsync();
        Assert.True(epoch > 1);
        Assert.Equal(epoch, await other.ColumnAsync<long>(run, "lease_epoch"));
        Assert.Equal("take, give, settle", await other.EffectsAsync(run));
    }

    [Fact]
    public async Task The_holder_of_an_older_lease_cannot_store_anything()
    {
        await using var service = new SagaService(_fixture.Databases);
        service.Script.Play = async (_, _, _, cancellationToken) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            return Result.Success;
        };
        var data = await service.StartAsync<UndoableSaga>();
        var run = new SagaRun { Owner = data.From, Id = data.Id, Name = "undoable", Data = "", LeaseEpoch = 1 };

        Assert.False(await ReplaceAsync(run with { LeaseEpoch = 0 }));
        Assert.False(await ReplaceAsync(run with { Step = 2 }));
        Assert.False(await ReplaceAsync(run with { Status = SagaStatus.Compensating }));
        Assert.True(await ReplaceAsync(run));

        async Task<bool> ReplaceAsync(SagaRun holder)
        {
            await using var scope = service.Services.CreateAsyncScope();
            var writer = scope.ServiceProvider.GetRequiredService<ShardWriter>();
            writer.UseWorkerRole();
            var context = await writer.JoinAsync(data.From, Cancellation);
            return await SagaRows.ReplaceAsync(context, holder, holder, TimeSpan.Zero, step: null, Cancellation);
        }
    }

    [Fact]
    public async Task A_run_for_which_the_starter_has_no_place_is_taken_by_another_at_once_without_polling()
    {
        await using var full = new SagaService(_fixture.Databases, NoPolling);
        await using var free = new SagaService(_fixture.Databases, NoPolling);
        await ListenersAsync(4);
        var queue = full.Services.GetRequiredService<SagaQueues>().Of("shard0");
        var (taken, all) = (0, full.Services.GetRequiredService<IOptions<SagaOptions>>().Value.QueueLength);
        // Some may be taken for a moment, for runs that are looked for.
        await Eventually.TrueAsync(() =>
        {
            while (queue.TryReserve())
            {
                taken++;
            }

            return taken == all;
        });

        var started = Stopwatch.GetTimestamp();
        var run = await full.StartAsync<UndoableSaga>();
        await free.UntilAsync(run, SagaStatus.Completed);
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(5));
        Assert.Equal(1, free.Script.CallsOf("give"));
    }

    [Fact]
    public async Task A_run_of_which_nobody_was_told_is_found_by_polling()
    {
        await using var service = new SagaService(_fixture.Databases, ("Sagas:PollMilliseconds", "100"));
        var run = await InsertAsync(service.Databases);

        await service.UntilAsync(run, SagaStatus.Completed);
    }

    [Fact]
    public async Task A_listener_that_is_cut_off_listens_again()
    {
        await using var service = new SagaService(_fixture.Databases, NoPolling);
        await ListenersAsync(2);
        await _fixture.Databases.ExecuteAsync(
            "shard0",
            $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query "
            + "LIKE 'LISTEN %'");
        await Task.Delay(100, Cancellation);
        await ListenersAsync(2);
        var run = await InsertAsync(service.Databases);
        await _fixture.Databases.ExecuteAsync("shard0", "NOTIFY sagas");

        await service.UntilAsync(run, SagaStatus.Completed);
    }

    [Fact]
    public async Task At_the_end_a_step_under_way_is_finished_and_what_was_not_begun_is_given_back()
    {
        await using var service = new SagaService(_fixture.Databases, ("Sagas:Workers", "1"), ("Sagas:LeaseSeconds", "60"));
        var begun = new TaskCompletionSource();
        var mayEnd = new TaskCompletionSource();
        service.Script.Play = async (_, _, _, _) =>
        {
            begun.TrySetResult();
            await mayEnd.Task;
            return Result.Success;
        };
        var under = await service.StartAsync<UndoableSaga>();
        await begun.Task;
        var waiting = await service.StartAsync<UndoableSaga>();

        var stopped = service.StopAsync();
        await Task.Delay(100, Cancellation);
        Assert.False(stopped.IsCompleted);
        mayEnd.SetResult();
        await stopped;

        Assert.Equal("take, give", await service.EffectsAsync(under));
        Assert.Equal("take", await service.EffectsAsync(waiting));
        Assert.True(await service.ColumnAsync<bool>(under, "step = 2 AND due_at <= clock_timestamp()"));
        Assert.True(await service.ColumnAsync<bool>(waiting, "step = 1 AND due_at <= clock_timestamp()"));
        Assert.Empty(service.Log.Lines);

        await using var next = new SagaService(_fixture.Databases);
        await next.UntilAsync(under, SagaStatus.Completed);
        await next.UntilAsync(waiting, SagaStatus.Completed);
    }

    [Fact]
    public async Task Runs_of_a_bucket_that_is_not_served_here_are_left_alone_and_those_of_one_on_its_way_are_not()
    {
        var run = await InsertAsync(_fixture.Databases);
        await StateAsync("moved");
        await using var service = new SagaService(_fixture.Databases, NoPolling);
        var claims = service.Services.GetRequiredService<SagaClaims>();
        foreach (var state in new[] { "moved", "opening" })
        {
            await StateAsync(state);
            Assert.DoesNotContain(await claims.ClaimAsync("shard0", 10, Cancellation), claimed => claimed.Id == run.Id);
        }

        await StateAsync("moving");
        Assert.Contains(await claims.ClaimAsync("shard0", 10, Cancellation), claimed => claimed.Id == run.Id);
        await StateAsync("active");

        Task StateAsync(string state) => _fixture.Databases.ExecuteAsync(
            "shard0", $"UPDATE bucket_owner SET state = '{state}' WHERE bucket = {run.From.Bucket.Value}");
    }

    /// <summary>A run that is due, as an instance leaves it that ended just after its commit.</summary>
    private static async Task<TestData> InsertAsync(TestDatabases databases)
    {
        var from = SagaService.NewUser(0);
        var data = new TestData(Uuid8.New(from.Bucket, DateTimeOffset.UtcNow), from, SagaService.NewUser(1));
        await databases.ExecuteAsync("shard0", $"""
            INSERT INTO sagas (owner_id, id, name, data, status, step, due_at, lease_epoch)
            VALUES ('{from}', '{data.Id}', 'undoable', '{System.Text.Json.JsonSerializer.Serialize(data)}', 1, 1, clock_timestamp(), 1)
            """);
        return data;
    }

    /// <summary>Waits until so many connections listen, one for each instance and shard.</summary>
    private async Task ListenersAsync(int count)
    {
        string[] shards = ["shard0", "shard1"];
        var waited = Stopwatch.StartNew();
        while ((await Task.WhenAll(shards.Select(shard => _fixture.Databases.ScalarAsync<long>(
            shard, $"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %'"))))
                .Sum() < count)
        {
            Assert.True(waited.Elapsed < TimeSpan.FromSeconds(30));
            await Task.Delay(20, Cancellation);
        }
    }
}
