namespace Integration.Tests.Realtime;

public sealed partial class EventOrderTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private readonly TestService _service = fixture.Service;
    private readonly string _subject = TestService.NewSubject();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private UserId Owner => TestService.UserOf(_subject);

    [Fact]
    public async Task An_event_committed_late_is_not_skipped()
    {
        await using var client = new EventClient(_subject);
        await client.ConnectAsync(_service);
        await client.UntilAsync("ready");
        var naive = new NaiveReader(_service.Databases, Owner);

        await using var early = await _service.Databases.ConnectAsync("shard0");
        await early.ExecuteAsync("BEGIN");
        await early.ExecuteAsync(EventWriters.Insert(Owner, 1));
        await _service.PublishAsync(Owner, 2);
        await naive.ReadAsync();
        // Longer than it takes to be told of an event that nothing stands in the way of.
        await Task.Delay(700, Cancellation);
        await early.ExecuteAsync("COMMIT");
        await naive.ReadAsync();

        Assert.Equal([1, 2], await client.UntilCountAsync(2));
        Assert.Equal([2], naive.Numbers); // The fault that the horizon is for.
    }

    /// <summary>That transaction may be of somebody else, who notifies nobody.</summary>
    [Fact]
    public async Task What_an_older_transaction_held_back_comes_soon_after_it_has_ended()
    {
        await using var service = new TestService(_service.Databases, ("Realtime:QuietPollSeconds", "60"));
        await using var client = new EventClient(_subject);
        await client.ConnectAsync(service);
        await client.UntilAsync("ready");
        await service.PublishAsync(Owner, 1);
        await client.UntilCountAsync(1);

        await using var older = await _service.Databases.ConnectAsync("shard0");
        await older.ExecuteAsync("BEGIN; SELECT pg_current_xact_id()");
        await service.PublishAsync(Owner, 2);
        await Task.Delay(200, Cancellation);
        Assert.Equal(1, client.Count);
        await older.ExecuteAsync("ROLLBACK");
        var waited = Stopwatch.StartNew();

        Assert.Equal([1, 2], await client.UntilCountAsync(2));
        Assert.True(waited.Elapsed < TimeSpan.FromSeconds(5), $"{waited.Elapsed}");
    }

    [Fact]
    public async Task Events_of_one_transaction_come_in_the_order_in_which_they_were_published()
    {
        await using var client = new EventClient(_subject);
        await client.ConnectAsync(_service);
        await client.UntilAsync("ready");
        var numbers = Enumerable.Range(1, 20).ToArray();

        await _service.PublishAsync(Owner, numbers);

        Assert.Equal(numbers, await client.UntilCountAsync(20));
    }

    [Fact]
    public async Task A_user_is_told_of_what_is_committed_and_theirs_and_of_nothing_else()
    {
        await using var client = new EventClient(_subject);
        await client.ConnectAsync(_service);
        await client.UntilAsync("ready");

        await using (var connection = await _service.Databases.ConnectAsync("shard0"))
        {
            await connection.ExecuteAsync("BEGIN");
            await connection.ExecuteAsync(EventWriters.Insert(Owner, 1));
            await connection.ExecuteAsync("ROLLBACK");
        }

        await _service.PublishAsync(TestService.UserOf(TestService.NewSubject()), 2);
        await _service.PublishAsync(Owner, 3);

        Assert.Equal([3], await client.UntilCountAsync(1));
    }

    /// <summary>More than a page of the shard's answer.</summary>
    [Fact]
    public async Task Whoever_was_away_is_told_of_all_that_happened_meanwhile()
    {
        await using var client = new EventClient(_subject);
        await client.ConnectAsync(_service);
        await client.UntilAsync("ready");
        await client.DisconnectAsync();
        foreach (var some in Enumerable.Range(1, 1_100).Chunk(100))
        {
            await _service.PublishAsync(Owner, some);
        }

        await client.ConnectAsync(_service);

        Assert.Equal(Enumerable.Range(1, 1_100), await client.UntilCountAsync(1_100));
        await _service.PublishAsync(Owner, 1_101);
        Assert.Equal(1_101, (await client.UntilCountAsync(1_101))[^1]);
        Assert.DoesNotContain(client.Notices, notice => notice.EventType == "reset");
    }

    /// <summary>Reads as one would with a sequence alone: what is greater than the last.</summary>
    private sealed class NaiveReader(TestDatabases databases, UserId owner)
    {
        private long _last;

        public List<int> Numbers { get; } = [];

        public async Task ReadAsync()
        {
            await using var connection = await databases.ConnectAsync("shard0");
            await using var command = new NpgsqlCommand(
                $"SELECT seq, (payload->>'number')::int FROM events WHERE owner_id = '{owner}' AND seq > {_last} ORDER BY seq",
                connection);
            await using var rows = await command.ExecuteReaderAsync(Cancellation);
            while (await rows.ReadAsync(Cancellation))
            {
                _last = rows.GetInt64(0);
                Numbers.Add(rows.GetInt32(1));
            }
        }
    }
}
