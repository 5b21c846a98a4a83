using System.Security.Claims;
using Application.Sagas;
using ErrorOr;

namespace Integration.Tests.Sagas;

[Collection(nameof(TestSagas))]
public sealed class OperatorTests(SagaFixture fixture) : IClassFixture<SagaFixture>
{
    private const string Dead = "/operations/sagas?status=dead";

    private static readonly Claim[] Operator = [new("sub", "olga"), new("role", "operator")];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Only_an_operator_may_see_and_redrive_the_runs_of_all_users()
    {
        await using var service = new SagaService(fixture.Databases);
        var id = (await InsertDeadAsync(0, DateTimeOffset.UtcNow)).Id;
        foreach (var (client, status) in new[]
        {
            (service.Client(new Claim("sub", "alice")), HttpStatusCode.Forbidden),
            (service.Client(new Claim("sub", "alice"), new Claim("role", "user")), HttpStatusCode.Forbidden),
            (service.Client(new Claim("role", "operator")), HttpStatusCode.Forbidden),
        })
        {
            await HttpAssert.ProblemAsync(await client.GetAsync(Dead, Cancellation), status);
            await HttpAssert.ProblemAsync(await client.PostAsync($"/operations/sagas/{id}/redrive", null, Cancellation), status);
        }

        Assert.Equal((short)SagaStatus.Dead,
            await fixture.Databases.ScalarAsync<short>("shard0", $"SELECT status FROM sagas WHERE id = '{id}'"));
    }

    [Fact]
    public async Task An_operator_sends_a_dead_run_on()
    {
        await using var service = new SagaService(fixture.Databases);
        var client = service.Client(Operator);
        var run = await InsertDeadAsync(0, DateTimeOffset.UtcNow);

        Assert.Equal(HttpStatusCode.Accepted,
            (await client.PostAsync($"/operations/sagas/{run.Id}/redrive", null, Cancellation)).StatusCode);
        await service.UntilAsync(run, SagaStatus.Completed);
        await HttpAssert.ProblemAsync(
            await client.PostAsync($"/operations/sagas/{run.Id}/redrive", null, Cancellation), HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_list_over_all_shards_is_read_to_its_end_page_by_page_newest_first()
    {
        await using var service = new SagaService(fixture.Databases);
        var client = service.Client(Operator);
        var start = DateTimeOffset.UtcNow.AddDays(1);
        var expected = new List<string>();
        // Most are on one shard, so that the cursor runs ahead on that one.
        foreach (var shard in new[] { 0, 1, 1, 1, 0, 1, 1 })
        {
            expected.Insert(0, $"{(await InsertDeadAsync(shard, start.AddSeconds(expected.Count))).Id}");
        }

        var seen = new List<string>();
        string? next = null;
        do
        {
            var page = await client.GetAsync($"{Dead}&limit=2{(next is null ? "" : $"&after={next}")}", HttpStatusCode.OK);
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("id").GetString()!));
            Assert.False(page.GetProperty("partial").GetBoolean());
            next = page.GetProperty("next").GetString();
        }
        while (next is not null);

        Assert.Equal(expected, seen.Where(expected.Contains));
        Assert.Equal(seen.Count, seen.Distinct().Count());
    }

    [Fact]
    public async Task A_shard_that_does_not_answer_is_named_and_its_runs_come_with_a_later_page()
    {
        var start = DateTimeOffset.UtcNow.AddDays(2);
        var here = await InsertDeadAsync(0, start);
        var there = await InsertDeadAsync(1, start);
        await using var half = new SagaService(
            fixture.Databases, ("ConnectionStrings:shard1-worker", "Host=localhost;Port=1;Username=worker;Database=shard1"));
        await using var whole = new SagaService(fixture.Databases);

        var page = await half.Client(Operator).GetAsync(Dead, HttpStatusCode.OK);
        Assert.True(page.GetProperty("partial").GetBoolean());
        Assert.Equal("shard1", Assert.Single(page.GetProperty("missing").EnumerateArray()).GetString());
        Assert.Contains($"{here.Id}", page.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain($"{there.Id}", page.GetRawText(), StringComparison.Ordinal);

        var rest = await whole.Client(Operator)
            .GetAsync($"{Dead}&after={page.GetProperty("next").GetString()}", HttpStatusCode.OK);
        Assert.Contains($"{there.Id}", rest.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain($"{here.Id}", rest.GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("?status=completed")]
    [InlineData("?status=nonsense")]
    [InlineData("?after=nonsense")]
    [InlineData("?limit=0")]
    public async Task A_listing_that_makes_no_sense_is_refused(string query)
    {
        await using var service = new SagaService(fixture.Databases);

        await HttpAssert.ProblemAsync(
            await service.Client(Operator).GetAsync($"/operations/sagas{query}", Cancellation), HttpStatusCode.BadRequest);
    }

    /// <summary>The first of the two answers nobody: its step is not done, and is refused in place of that.</summary>
    [Theory]
    [InlineData(5)]
    [InlineData(1)]
    public async Task An_operator_has_a_run_undone_that_is_dead_or_fails_again_and_again(short status)
    {
        await using var service = new SagaService(fixture.Databases);
        service.Script.Play = (effect, _, _, _) => effect.Step == "give"
            ? throw new InvalidOperationException("This cannot be.")
            : Task.FromResult<ErrorOr<Success>>(Result.Success);
        var run = await service.StartAsync<UndoableSaga>();
        await Eventually.TrueAsync(() => service.Script.CallsOf("give") >= 2);
        if (status == (short)SagaStatus.Dead)
        {
            await fixture.Databases.ExecuteAsync(
                "shard0", $"UPDATE sagas SET status = 5, lease_epoch = lease_epoch + 1 WHERE id = '{run.Id}'");
        }

        await CompensateAsync(service, run, HttpStatusCode.Accepted);

        await service.UntilAsync(run, SagaStatus.Compensated);
        Assert.Equal("take, take back", await service.EffectsAsync(run));
        Assert.Equal("Saga.Cancelled", await service.ColumnAsync<string>(run, "error_code"));
        await CompensateAsync(service, run, HttpStatusCode.NotFound);
    }

    /// <summary>The effect is there, and the run died before it knew: to undo what came before would make money.</summary>
    [Fact]
    public async Task A_run_whose_pivot_is_done_goes_on_forward_when_an_operator_wants_it_undone()
    {
        await using var service = new SagaService(fixture.Databases);
        var run = await InsertDeadAsync(0, DateTimeOffset.UtcNow, "pivot");
        await fixture.Databases.ExecuteAsync(
            "shard1", $"INSERT INTO saga_steps (owner_id, saga_id, step) VALUES ('{run.To}', '{run.Id}', 'give')");

        await CompensateAsync(service, run, HttpStatusCode.Accepted);

        await service.UntilAsync(run, SagaStatus.Completed);
        Assert.Equal("settle", await service.EffectsAsync(run));
    }

    internal static async Task RedriveAsync(SagaService service, TestData run) => Assert.Equal(
        HttpStatusCode.Accepted,
        (await service.Client(Operator).PostAsync($"/operations/sagas/{run.Id}/redrive", null, Cancellation)).StatusCode);

    private static async Task CompensateAsync(SagaService service, TestData run, HttpStatusCode expected) => Assert.Equal(
        expected,
        (await service.Client(Operator).PostAsync($"/operations/sagas/{run.Id}/compensate", null, Cancellation)).StatusCode);

    private async Task<TestData> InsertDeadAsync(int shard, DateTimeOffset at, string name = "undoable")
    {
        var from = SagaService.NewUser(shard);
        var data = new TestData(Uuid8.New(from.Bucket, at), from, SagaService.NewUser(1 - shard));
        await fixture.Databases.ExecuteAsync($"shard{shard}", $"""
            INSERT INTO sagas (owner_id, id, name, data, status, step, due_at, lease_epoch, failure)
            VALUES ('{from}', '{data.Id}', '{name}', '{System.Text.Json.JsonSerializer.Serialize(data)}', 5, 1, clock_timestamp(), 1, 'It broke.')
            """);
        return data;
    }
}
