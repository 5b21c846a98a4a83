namespace Integration.Tests.Activity;

public sealed class ActivityTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private readonly TestService _service = fixture.Service;
    private readonly string _subject = TestService.NewSubject();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private UserId Owner => TestService.UserOf(_subject);

    [Fact]
    public async Task Lines_are_stored_and_sent_again_they_are_duplicates()
    {
        var body = string.Join('\n', Enumerable.Range(0, 10).Select(i => Line(i)));

        Assert.Equal((10, 0, 0), Counts(await PostAsync(body)));
        Assert.Equal((0, 10, 0), Counts(await PostAsync(body)));
        Assert.Equal((1, 1, 0), Counts(await PostAsync($"{Line(9)}\n\n{Line(10)}\n")));
        Assert.Equal(11, await CountAsync());
    }

    [Fact]
    public async Task Bad_lines_come_back_with_their_numbers_and_nothing_else_is_lost()
    {
        string[] lines =
        [
            Line(1),
            "not json",
            Line(2),
            "",
            """{"id":"0b9f0d6c-9d0e-4a53-8f1e-0000000000ff","kind":"click"}""",
            Line(3).Replace("click", "Not A Kind", StringComparison.Ordinal),
            Line(4, "\"text\""),
            Line(5, """{"zero":"\u0000"}"""),
            Line(6, $$"""{"long":"{{new string('x', 70_000)}}"}"""),
            Line(7, """{"huge":1e999999}"""),
            Line(8).Replace("\"kind\"", "\"kin\"", StringComparison.Ordinal),
            Line(9),
        ];

        var report = await PostAsync(string.Join('\n', lines));

        Assert.Equal((3, 0, 8), Counts(report));
        Assert.Equal([2, 5, 6, 7, 8, 9, 10, 11],
            report.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("line").GetInt32()));
        Assert.All(
            report.GetProperty("errors").EnumerateArray(), error => Assert.NotEmpty(error.Text("reason")));
        Assert.Equal(3, await CountAsync());
        Assert.DoesNotContain("Infrastructure", report.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain("Platform", report.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_list_of_errors_is_of_bounded_length_and_the_count_is_not()
    {
        var report = await PostAsync(string.Join('\n', Enumerable.Repeat("?", 1_000).Append(Line(1))));

        Assert.Equal((1, 0, 1_000), Counts(report));
        Assert.Equal(100, report.GetProperty("errors").GetArrayLength());
    }

    [Fact]
    public async Task An_empty_body_is_no_error() => Assert.Equal((0, 0, 0), Counts(await PostAsync("")));

    /// <summary>More than one batch, of which each is copied.</summary>
    [Fact]
    public async Task Many_lines_are_stored_once_however_often_they_are_sent()
    {
        var body = string.Join('\n', Enumerable.Range(0, 45_000).Select(i => Line(i)));

        Assert.Equal((45_000, 0, 0), Counts(await PostAsync(body)));
        Assert.Equal((0, 45_000, 0), Counts(await PostAsync(body)));
        Assert.Equal(45_000, await CountAsync());
    }

    [Fact]
    public async Task Others_do_not_see_it_and_pages_follow_each_other_newest_first()
    {
        await PostAsync(string.Join('\n', Enumerable.Range(0, 25).Select(i => Line(i))));
        await _service.Databases.ReplicaHasCaughtUpAsync();
        var client = _service.ClientOf(_subject);

        var pages = await client.PagesAsync("/activity", limit: 10);

        Assert.Equal(
            Enumerable.Range(0, 25).Reverse().Select(i => $"{Id(i)}"),
            pages.SelectMany(page => page).Select(item => item.Text("id")));
        Assert.Empty(await _service.ClientOf(TestService.NewSubject()).ItemsAsync("/activity"));
    }

    [Fact]
    public async Task It_is_found_by_what_the_payload_contains_and_by_time()
    {
        await PostAsync(string.Join(
            '\n', Enumerable.Range(0, 30).Select(i => Line(i, $$"""{"page":"{{(i % 3 == 0 ? "home" : "shop")}}","n":{{i}}}"""))));
        await _service.Databases.ReplicaHasCaughtUpAsync();
        var client = _service.ClientOf(_subject);

        Assert.Equal(10, await CountOfAsync("filter={\"page\":\"home\"}"));
        Assert.Equal(1, await CountOfAsync("filter={\"page\":\"home\",\"n\":6}"));
        Assert.Equal(5, await CountOfAsync("since=2026-01-05T10:00:10Z&until=2026-01-05T10:00:15Z"));
        Assert.Equal(
            2, await CountOfAsync("filter={\"page\":\"home\"}&since=2026-01-05T12:00:10%2B02:00&until=2026-01-05T10:00:16Z"));
        await HttpAssert.ProblemAsync(await client.GetAsync("/activity?filter=[1]", Cancellation), HttpStatusCode.BadRequest);
        await HttpAssert.ProblemAsync(await client.GetAsync("/activity?limit=0", Cancellation), HttpStatusCode.BadRequest);

        async Task<int> CountOfAsync(string query) =>
            (await client.ItemsAsync($"/activity?{query}")).Length;
    }

    private static Guid Id(int number) => new(number, 1, 2, [3, 4, 5, 6, 7, 8, 9, 10]);

    private static string Line(int number, string payload = """{"page":"home"}""") =>
        $$"""{"id":"{{Id(number)}}","kind":"click","createdAt":"{{new DateTime(2026, 1, 5, 10, 0, 0, DateTimeKind.Utc).AddSeconds(number):O}}","payload":{{payload}}}""";

    private static (long Accepted, long Duplicates, long Rejected) Counts(JsonElement report) => (
        report.Long("accepted"), report.Long("duplicates"), report.Long("rejected"));

    private async Task<JsonElement> PostAsync(string body) => await HttpAssert.JsonAsync(
        await _service.ClientOf(_subject).PostAsync(
            "/activity", new StringContent(body, Encoding.UTF8, "application/x-ndjson"), Cancellation), HttpStatusCode.OK);

    private Task<long> CountAsync() =>
        _service.Databases.ScalarAsync<long>("shard0", $"SELECT count(*) FROM activity WHERE owner_id = '{Owner}'");
}
