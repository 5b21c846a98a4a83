using Application.Sagas;
using ErrorOr;
using Platform.Sagas;

namespace Integration.Tests.Sagas;

[Collection(nameof(TestSagas))]
public sealed class SagaTests(SagaFixture fixture) : IClassFixture<SagaFixture>
{

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Steps_are_done_in_order_on_the_shards_of_their_users()
    {
        await using var service = new SagaService(fixture.Databases);
        var run = await service.StartAsync<UndoableSaga>();

        await service.UntilAsync(run, SagaStatus.Completed);
        Assert.Equal("take, give, settle", await service.EffectsAsync(run));
        Assert.True(await service.ColumnAsync<bool>(run, "ended_at >= created_at AND failure IS NULL"));
        Assert.Equal(
            1, await service.Databases.ScalarAsync<long>("shard1", $"SELECT count(*) FROM effects WHERE saga = '{run.Id}'"));
    }

    [Fact]
    public async Task A_refused_step_has_no_effect_and_those_before_it_are_undone_the_last_one_first()
    {
        await using var service = new SagaService(fixture.Databases);
        service.Script.Play = Script.Refusing("settle");
        var run = await service.StartAsync<UndoableSaga>();

        await service.UntilAsync(run, SagaStatus.Compensated);
        Assert.Equal(Script.Undone, await service.EffectsAsync(run));
        Assert.Equal("No.Way: It is forbidden.", await service.ColumnAsync<string>(run, "error_code || ': ' || error"));
        const string Steps =
            "SELECT string_agg(step || coalesce(' ' || error_code, ''), ', ' ORDER BY done_at) FROM saga_steps WHERE saga_id = ";
        Assert.Equal("settle No.Way, take:undo", await service.Databases.ScalarAsync<string>("shard0", $"{Steps}'{run.Id}'"));
        Assert.Equal("give, give:undo", await service.Databases.ScalarAsync<string>("shard1", $"{Steps}'{run.Id}'"));
    }

    [Fact]
    public async Task A_refusal_after_what_cannot_be_undone_is_left_to_an_operator()
    {
        await using var service = new SagaService(fixture.Databases);
        service.Script.Play = Script.Refusing("settle");
        var run = await service.StartAsync<PivotSaga>();

        await service.UntilAsync(run, SagaStatus.Dead);
        Assert.Equal("take, give", await service.EffectsAsync(run));
        Assert.Equal("No.Way: It is forbidden.", await service.ColumnAsync<string>(run, "failure"));
    }

    [Fact]
    public async Task A_step_that_always_fails_is_dead_in_the_end_and_completes_once_it_is_repaired_and_redriven()
    {
        await using var service = new SagaService(fixture.Databases, ("Sagas:MaxAttempts", "3"));
        var works = service.Script.Play;
        service.Script.Play = (effect, _, _, _) => effect.Step == "give"
            ? throw new InvalidOperationException("This cannot be.")
            : works(effect, 0, null!, Cancellation);
        var run = await service.StartAsync<UndoableSaga>();

        await service.UntilAsync(run, SagaStatus.Dead);
        Assert.Equal(3, service.Script.CallsOf("give"));
        Assert.Equal("InvalidOperationException: This cannot be.", await service.ColumnAsync<string>(run, "failure"));
        Assert.Equal("take", await service.EffectsAsync(run));

        service.Script.Play = works;
        await OperatorTests.RedriveAsync(service, run);
        await service.UntilAsync(run, SagaStatus.Completed);
        Assert.Equal("take, give, settle", await service.EffectsAsync(run));
    }

    [Fact]
    public async Task A_compensation_that_fails_is_tried_again_and_a_redriven_one_goes_on_undoing()
    {
        await using var service = new SagaService(fixture.Databases, ("Sagas:MaxAttempts", "2"));
        var isBroken = true;
        service.Script.Play = async (effect, call, context, cancellationToken) => effect.Step == "give back" && isBroken
            ? throw new InvalidOperationException("This cannot be.")
            : await Script.Refusing("settle")(effect, call, context, cancellationToken);
        var run = await service.StartAsync<UndoableSaga>();

        await service.UntilAsync(run, SagaStatus.Dead);
        isBroken = false;
        await OperatorTests.RedriveAsync(service, run);
        await service.UntilAsync(run, SagaStatus.Compensated);
        Assert.Equal(Script.Undone, await service.EffectsAsync(run));
    }

    [Fact]
    public async Task A_database_that_fails_does_not_count_to_the_limit()
    {
        await using var service = new SagaService(fixture.Databases, ("Sagas:MaxAttempts", "1"));
        service.Script.Play = async (effect, call, context, cancellationToken) =>
        {
            if (effect.Step == "give" && call <= 3)
            {
                await context.Database.ExecuteSqlRawAsync("SELECT pg_terminate_backend(pg_backend_pid())", cancellationToken);
            }

            return Result.Success;
        };
        var run = await service.StartAsync<UndoableSaga>();

        await service.UntilAsync(run, SagaStatus.Completed);
        Assert.Equal(4, service.Script.CallsOf("give"));
        Assert.Equal("take, give, settle", await service.EffectsAsync(run));
    }

    [Fact]
    public async Task A_mistake_of_the_program_does_not_kill_a_run_within_seconds()
    {
        await using var service = new SagaService(fixture.Databases);
        service.Script.Play = (effect, _, _, _) => effect.Step == "give"
            ? throw new InvalidOperationException("This cannot be.")
            : Task.FromResult<ErrorOr<Success>>(Result.Success);
        var run = await service.StartAsync<UndoableSaga>();

        await Eventually.TrueAsync(() => service.Script.CallsOf("give") == 4);
        await Eventually.TrueAsync(() => service.ColumnAsync<bool>(run, "attempt = 4"));
        Assert.True(await service.ColumnAsync<bool>(run, "status = 1 AND due_at > clock_timestamp() + interval '2 s'"));
        await service.AbandonAsync();
        Assert.True(Enumerable.Range(1, 7).Sum(attempt => SagaFailures.PauseAfterMistake(attempt).TotalMinutes) > 4);
    }

    [Fact]
    public async Task The_age_of_a_run_that_fails_again_and_again_counts_from_its_start()
    {
        await using var service = new SagaService(fixture.Databases);
        service.Script.Play = async (effect, _, context, cancellationToken) =>
        {
            if (effect.Step == "give")
            {
                await context.Database.ExecuteSqlRawAsync("SELECT pg_terminate_backend(pg_backend_pid())", cancellationToken);
            }

            return Result.Success;
        };
        var run = await service.StartAsync<UndoableSaga>();
        await Eventually.TrueAsync(
            () => service.ColumnAsync<bool>(run, "retries > 2 AND created_at < clock_timestamp() - interval '3 s'"));

        var backlog = await service.Services.GetRequiredService<SagaClaims>().BacklogAsync("shard0", Cancellation);
        await service.AbandonAsync();
        Assert.True(backlog.OldestSeconds >= 3, $"The oldest run began {backlog.OldestSeconds} s ago.");
    }

    /// <summary>Longer than a lease, so each step to the shard that hangs ends by that.</summary>
    [Fact]
    public async Task A_shard_that_hangs_does_not_slow_the_runs_between_others()
    {
        await using var service = new SagaService(fixture.Databases);
        service.Script.Play = async (effect, _, context, cancellationToken) =>
        {
            if (effect.Step == "give" && effect.Owner.Bucket.Value >= Bucket.Count / 2)
            {
                await context.Database.ExecuteSqlRawAsync("SELECT pg_sleep(60)", cancellationToken);
            }

            return Result.Success;
        };
        for (var i = 0; i < 40; i++)
        {
            await service.StartAsync<UndoableSaga>();
        }

        await Eventually.TrueAsync(() => service.Script.CallsOf("give") >= 6);
        for (var i = 0; i < 5; i++)
        {
            var healthy = SagaService.NewData() with { To = SagaService.NewUser(0) };
            var started = Stopwatch.GetTimestamp();
            await service.StartAsync<UndoableSaga>(healthy);
            await service.UntilAsync(healthy, SagaStatus.Completed);
            var took = Stopwatch.GetElapsedTime(started);
            Assert.True(took < TimeSpan.FromSeconds(2), $"It took {took.TotalSeconds} s.");
        }

        await service.AbandonAsync();
    }

    [Fact]
    public async Task A_step_that_lasts_longer_than_the_lease_is_given_up_and_tried_again()
    {
        await using var service = new SagaService(
            fixture.Databases, ("Sagas:MaxAttempts", "1"), ("Sagas:LeaseSeconds", "0.5"), ("Sagas:PollMilliseconds", "50"));
        service.Script.Play = async (effect, call, _, cancellationToken) =>
        {
            await Task.Delay(effect.Step == "give" && call == 1 ? Timeout.InfiniteTimeSpan : TimeSpan.Zero, cancellationToken);
            return Result.Success;
        };
        var run = await service.StartAsync<UndoableSaga>();

        await service.UntilAsync(run, SagaStatus.Completed);
        Assert.Equal("take, give, settle", await service.EffectsAsync(run));
    }

    [Fact]
    public async Task Each_step_is_a_trace_with_a_link_to_the_request_that_started_it()
    {
        var spans = new List<System.Diagnostics.Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "Platform.Sagas" or "test",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                lock (spans)
                {
                    spans.Add(activity);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        await using var service = new SagaService(fixture.Databases);
        using var source = new ActivitySource("test");
        var request = source.StartActivity("request")!;
        var run = await service.StartAsync<UndoableSaga>();
        request.Stop();

        await service.UntilAsync(run, SagaStatus.Completed);
        await service.StopAsync();
        var steps = spans.Where(span => span.Links.Any(link => link.Context.TraceId == request.TraceId)).ToArray();
        Assert.Equal(["undoable give", "undoable settle"], steps.Select(span => span.OperationName));
        Assert.Equal(3, steps.Append(request).Select(span => span.TraceId).Distinct().Count());
    }
}
