using Platform.Tests.Http;

namespace Platform.Tests.Activity;

/// <summary>Lines that cannot be stored are told by their number, at no cost to the others.</summary>
public sealed class ActivityLineTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private const int Lines = 10_000;

    private readonly TestService _service = fixture.Service;
    private readonly string _subject = TestService.NewSubject();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Every kind of bad line; none has a line end in it.</summary>
    private static byte[][] BadLines =>
    [
        .. new[]
        {
            "not json", "{", "[]", "null", "5", "{}", "{}{}", Line(1) + "x", Line(1) + Line(2), "\ufeff" + Line(1),
            Line(1, "\"text\""), Line(1, "[]"), Line(1, "null"), Line(1, """{"zero":"\u0000"}"""), Line(1, """{"\u0000":1}"""),
            Line(1, """{"half":"\ud83d"}"""), Line(1, """{"half":"\ude00x"}"""), Line(1, """{"huge":1e400000}"""),
            Line(1, """{"small":1e-16384}"""),
            Line(1, $$"""{"grows":[{{string.Join(',', Enumerable.Repeat("1e131071", 150))}}]}"""), Line(1, """{"a":1,"a":2}"""),
            Line(1, """{"a":1,"\u0061":2}"""),
            Line(1, $$"""{"deep":{{new string('[', 60)}}{{new string(']', 60)}}}"""),
            Line(1, $$"""{"deep":{{new string('[', 31)}}{{new string(']', 31)}}}"""),
            Line(1, $$"""{"long":"{{new string('x', 70_000)}}"}"""),
            Line(1).Replace("\"kind\"", "\"kin\"", StringComparison.Ordinal),
            Line(1).Replace("click", "Not A Kind", StringComparison.Ordinal),
            Line(1).Replace("click", new string('k', 65), StringComparison.Ordinal),
            Line(1).Replace($"{Id(1)}", $"{Guid.Empty}", StringComparison.Ordinal),
            Line(1).Replace($"{Id(1)}", "1", StringComparison.Ordinal),
            Line(1).Replace("Z\"", "\"", StringComparison.Ordinal),
            Line(1).Replace("2026-01", "2026-13", StringComparison.Ordinal),
            Line(1).Replace("{\"id\"", "{\"kind\":\"view\",\"id\"", StringComparison.Ordinal),
        }.Select(Encoding.UTF8.GetBytes),
        [.. Encoding.UTF8.GetBytes(Line(1))[..^3], 0xff, (byte)'"', (byte)'}', (byte)'}'],
        [0xc0, 0x80],
        [0x1f, 0x8b, 0x08, 0x00],
    ];

    [Fact]
    public async Task Among_ten_thousand_lines_the_good_ones_are_stored_and_each_bad_one_is_named()
    {
        var bad = BadLines;
        var good = await TimedAsync(
            [.. Enumerable.Range(0, Lines).Select(number => Encoding.UTF8.GetBytes(Line(number)))], TestService.NewSubject());
        Assert.Equal((Lines, 0), (good.Accepted, good.Rejected.Length));

        // Each kind twice, at places all over the body, and some next to each other.
        byte[][] lines = [.. Enumerable.Range(0, Lines).Select(number => Encoding.UTF8.GetBytes(Line(number)))];
        var places = new SortedSet<int>();
        for (var i = 0; i < bad.Length * 2; i++)
        {
            var place = i % 4 == 3 ? places.Max + 1 : (i * 7_919) % (Lines - 1);
            if (place < Lines && places.Add(place))
            {
                lines[place] = bad[i % bad.Length];
            }
        }

        var rollbacks = await RollbacksAsync();
        var mixed = await TimedAsync(lines, _subject);

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{good.Elapsed.TotalMilliseconds:0} ms without, {mixed.Elapsed.TotalMilliseconds:0} ms with "
            + $"{places.Count} bad lines.");
        Assert.Equal(Lines - places.Count, mixed.Accepted);
        Assert.Equal(places.Select(place => place + 1), mixed.Rejected);
        Assert.Equal(Lines - places.Count, await _service.Databases.ScalarAsync<long>(
            "shard0", $"SELECT count(*) FROM activity WHERE owner_id = '{TestService.UserOf(_subject)}'"));
        Assert.True(
            mixed.Elapsed <= (2 * good.Elapsed) + TimeSpan.FromMilliseconds(200), $"{mixed.Elapsed} instead of {good.Elapsed}");
        Assert.InRange(await RollbacksAsync() - rollbacks, 0, 20);
    }

    [Fact]
    public async Task Twenty_thousand_lines_that_PostgreSQL_refuses_cost_no_statement()
    {
        var rollbacks = await RollbacksAsync();
        var report = await PostAsync(
            [.. Enumerable.Range(0, 20_000).Select(number => Encoding.UTF8.GetBytes(Line(number, """{"zero":"\u0000"}""")))],
                _subject);

        Assert.Equal(20_000, report.GetProperty("rejected").GetInt64());
        Assert.InRange(await RollbacksAsync() - rollbacks, 0, 20);
    }

    [Fact]
    public async Task A_body_of_bad_lines_is_given_up_and_the_good_ones_before_are_stored()
    {
        var body = Encoding.UTF8.GetBytes($"{Line(1)}\n{string.Concat(Enumerable.Repeat("1\n", 150_000))}{Line(2)}\n");
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new("application/x-ndjson");
        using var client = _service.ClientOf(_subject);

        await HttpAssert.ProblemAsync(await client.PostAsync("/activity", content, Cancellation), HttpStatusCode.BadRequest);

        var page = await client.GetAsync("/activity", HttpStatusCode.OK);
        Assert.Equal(Id(1), Assert.Single(page.GetProperty("items").EnumerateArray().ToArray()).GetProperty("id").GetGuid());
    }

    [Fact]
    public async Task What_is_stored_can_be_read_again_however_deep_it_is()
    {
        var nested = $"{new string('[', 30)}1e300{new string(']', 30)}";
        var report = await PostAsync([Encoding.UTF8.GetBytes(Line(1, $$"""{"deep":{{nested}},"é":"\ud83d\ude00"}"""))], _subject);
        Assert.Equal(1, report.GetProperty("accepted").GetInt64());
        await _service.Databases.ReplicaHasCaughtUpAsync();

        var page = await _service.ClientOf(_subject).GetAsync("/activity", HttpStatusCode.OK);
        Assert.Equal("😀", page.GetProperty("items")[0].GetProperty("payload").GetProperty("é").GetString());
    }

    [Fact]
    public async Task A_byte_order_mark_costs_no_line_and_a_body_may_be_gzip()
    {
        byte[] body = [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes($"{Line(1)}\n{Line(2)}\n")];
        Assert.Equal(2, (await PostAsync([body], _subject)).GetProperty("accepted").GetInt64());

        using var content = new ByteArrayContent(EndpointRequests.Gzip($"{Line(2)}\n{Line(3)}\n{Line(4)}"));
        content.Headers.Add("Content-Type", "application/x-ndjson; charset=\"UTF-8\"");
        content.Headers.Add("Content-Encoding", "gzip");
        var report = await HttpAssert.JsonAsync(
            await _service.ClientOf(_subject).PostAsync("/activity", content, Cancellation), HttpStatusCode.OK);
        Assert.Equal((2, 1), (report.GetProperty("accepted").GetInt32(), report.GetProperty("duplicates").GetInt32()));
    }

    [Theory]
    [InlineData("2026-01-05T10:00:01Z", "2026-01-05T10:00:01+00:00")]
    [InlineData("2026-01-05T12:00:01.123456789+02:00", "2026-01-05T10:00:01.123456+00:00")]
    public async Task A_time_with_an_offset_is_the_same_time_in_every_zone(string sent, string stored)
    {
        var line = Line(1).Replace("2026-01-05T10:00:01.0000000Z", sent, StringComparison.Ordinal);
        Assert.Equal(1, (await PostAsync([Encoding.UTF8.GetBytes(line)], _subject)).GetProperty("accepted").GetInt64());
        await _service.Databases.ReplicaHasCaughtUpAsync();

        var page = await _service.ClientOf(_subject).GetAsync("/activity", HttpStatusCode.OK);
        Assert.Equal(
            DateTimeOffset.Parse(stored, null), page.GetProperty("items")[0].GetProperty("createdAt").GetDateTimeOffset());
    }

    /// <summary>A page goes on after a place, which a replica knows also while it lacks the row that was there.</summary>
    [Fact]
    public async Task A_page_goes_on_at_a_replica_that_does_not_have_its_last_row()
    {
        await PostAsync([.. Enumerable.Range(0, 10).Select(number => Encoding.UTF8.GetBytes(Line(number)))], _subject);
        await using var paused = await PausedReplica.PauseAsync(_service.Databases);
        await PostAsync([.. Enumerable.Range(10, 2).Select(number => Encoding.UTF8.GetBytes(Line(number)))], _subject);
        var token = await TokenAsync();

        var client = _service.ClientOf(_subject);
        client.DefaultRequestHeaders.Add("Sync-Token", token);
        var first = await client.GetAsync("/activity?limit=1", HttpStatusCode.OK);
        Assert.Equal($"{Id(12)}", first.GetProperty("items")[0].GetProperty("id").GetString());

        using var onReplica = await _service.ClientOf(_subject)
            .GetAsync($"/activity?limit=5&after={first.GetProperty("next").GetString()}", Cancellation);
        Assert.Contains("replica", onReplica.ServerTiming(), StringComparison.Ordinal);
        var second = await HttpAssert.JsonAsync(onReplica, HttpStatusCode.OK);
        Assert.Equal($"{Id(9)}", second.GetProperty("items")[0].GetProperty("id").GetString());
        Assert.NotNull(second.GetProperty("next").GetString());

        async Task<string> TokenAsync()
        {
            using var content = new StringContent(Line(12));
            content.Headers.ContentType = new("application/x-ndjson");
            using var answer = await _service.ClientOf(_subject).PostAsync("/activity", content, Cancellation);
            return Assert.Single(answer.Headers.GetValues("Sync-Token"));
        }
    }

    private static Guid Id(int number) => new(number, 1, 2, [3, 4, 5, 6, 7, 8, 9, 10]);

    private static string Line(int number, string payload = """{"page":"home"}""") =>
        $$"""{"id":"{{Id(number)}}","kind":"click","createdAt":"{{new DateTime(2026, 1, 5, 10, 0, 0, DateTimeKind.Utc).AddSeconds(number):O}}","payload":{{payload}}}""";

    private async Task<(TimeSpan Elapsed, long Accepted, int[] Rejected)> TimedAsync(byte[][] lines, string subject)
    {
        var watch = Stopwatch.StartNew();
        var report = await PostAsync(lines, subject);
        return (watch.Elapsed, report.GetProperty("accepted").GetInt64(),
            [.. report.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("line").GetInt32())]);
    }

    private async Task<JsonElement> PostAsync(byte[][] lines, string subject)
    {
        var body = new MemoryStream();
        Array.ForEach(lines, line => body.Write([.. line, (byte)'\n']));
        using var content = new ByteArrayContent(body.ToArray());
        content.Headers.ContentType = new("application/x-ndjson");
        return await HttpAssert.JsonAsync(
            await _service.ClientOf(subject).PostAsync("/activity", content, Cancellation), HttpStatusCode.OK);
    }

    private async Task<long> RollbacksAsync()
    {
        await using var connection = new NpgsqlConnection(
            $"{_service.Databases.ConnectionString("shard0", "postgres")};Pooling=false");
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand(
            "SELECT xact_rollback FROM pg_stat_database WHERE datname = current_database()", connection);
        return (long)(await command.ExecuteScalarAsync(Cancellation))!;
    }
}
