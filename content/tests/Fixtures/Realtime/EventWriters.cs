namespace Fixtures;

/// <summary>What is published in tests.</summary>
internal sealed record Numbered(UserId Owner, int Number) : IDomainEvent
{
    public string Type => "test";
}

/// <summary>Records the numbers.</summary>
internal sealed class NumberedAggregate : Aggregate
{
    public NumberedAggregate(UserId owner, IEnumerable<int> numbers)
    {
        foreach (var number in numbers)
        {
            Record(new Numbered(owner, number));
        }
    }
}

/// <summary>Ways to write events.</summary>
internal static class EventWriters
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>As a command does, with another try where that may help.</summary>
    public static async Task PublishAsync(this TestService service, UserId owner, params IEnumerable<int> numbers)
    {
        await using var scope = service.Services.CreateAsyncScope();
        var writer = scope.ServiceProvider.GetRequiredService<ShardWriter>();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await writer.JoinAsync(owner, Cancellation);
                writer.Track(new NumberedAggregate(owner, numbers));
                await writer.CommitAsync(Cancellation);
                return;
            }
            catch (Exception exception)
            {
                if (!await writer.CanRetryAsync(exception, attempt, Cancellation))
                {
                    throw;
                }
            }
        }
    }

    /// <summary>In SQL, so that no instance is notified.</summary>
    public static string Insert(UserId owner, int number) => $$"""
        INSERT INTO events (owner_id, epoch, type, payload)
        SELECT '{{owner}}', epoch, 'test', '{"number": {{number}}}' FROM bucket_owner WHERE bucket = {{owner.Bucket.Value}}
        """;

    public static async Task<NpgsqlConnection> ConnectAsync(this TestDatabases databases, string shard)
    {
        var connection = new NpgsqlConnection($"{databases.ConnectionString(shard, "postgres")};Pooling=false");
        await connection.OpenAsync(Cancellation);
        return connection;
    }

    public static async Task ExecuteAsync(this NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    /// <summary>The numbers of all events of a user, in the order in which they are told.</summary>
    public static Task<int[]> StoredAsync(this TestDatabases databases, string shard, UserId owner, bool replica = false) =>
        databases.ScalarAsync<int[]>(
        shard,
        $"""
         SELECT coalesce(array_agg((payload->>'number')::int ORDER BY epoch, xact, seq), '{"{}"}') FROM events WHERE owner_id = '{owner}'
         """,
        replica: replica);
}
