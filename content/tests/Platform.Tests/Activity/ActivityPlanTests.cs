using Xunit.Sdk;

namespace Platform.Tests.Activity;

/// <summary>The statement that find_activity runs, planned for enough rows that a choice matters.</summary>
public sealed class ActivityPlanTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    /// <summary>As an operator asks, and what removes old rows.</summary>
    private const string OfAllUsers =
        "SELECT count(*) FROM activity WHERE created_at >= '2026-01-01T10:00Z' AND created_at < '2026-01-01T10:08Z'";

    private static readonly UserId Owner = TestService.UserOf(TestService.NewSubject());

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Payloads_are_found_by_GIN_pages_by_their_order_and_times_of_all_users_by_BRIN()
    {
        var databases = fixture.Service.Databases;
        await databases.ExecuteAsync("shard0", $$"""
            INSERT INTO activity (owner_id, id, kind, payload, created_at)
            SELECT '{{Owner}}', gen_random_uuid(), 'click', jsonb_build_object('page', n % 1000, 'n', n),
                   timestamptz '2026-01-01Z' + n * interval '1 second'
            FROM generate_series(1, 100000) AS n;
            """);
        await databases.ExecuteAsync("shard0", "VACUUM ANALYZE activity");

        await AssertUsesAsync("ix_activity_payload", """{"page": 7}""");
        await AssertUsesAsync("ix_activity_page", since: At(50_000), until: At(50_500));
        await AssertUsesAsync("ix_activity_page", after: At(50_000));
        await AssertUsesAsync("ix_activity_page");
        await AssertPlanAsync("ix_activity_created_at", OfAllUsers);

        await databases.ExecuteAsync(
            "shard0", "DROP INDEX ix_activity_payload; DROP INDEX ix_activity_created_at; DROP INDEX ix_activity_page");
        await Assert.ThrowsAnyAsync<XunitException>(() => AssertUsesAsync("ix_activity_payload", """{"page": 7}"""));
        await Assert.ThrowsAnyAsync<XunitException>(() => AssertUsesAsync("ix_activity_page"));
        await Assert.ThrowsAnyAsync<XunitException>(() => AssertPlanAsync("ix_activity_created_at", OfAllUsers));
    }

    /// <summary>Why there is a function at all: what is under row security is not found by the index.</summary>
    [Fact]
    public async Task Under_row_security_the_planner_cannot_use_GIN()
    {
        await using var connection = new NpgsqlConnection(
            $"{fixture.Service.Databases.ConnectionString("shard1", "app_ro")};Pooling=false");
        await connection.OpenAsync(Cancellation);
        await using (var off = new NpgsqlCommand("SET enable_seqscan = off", connection))
        {
            await off.ExecuteNonQueryAsync(Cancellation);
        }

        Assert.DoesNotContain("ix_activity_payload", await ExplainAsync(
            connection, "SELECT * FROM activity WHERE payload @> $1",
                new NpgsqlParameter { Value = "{}", NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Jsonb }), StringComparison.Ordinal);
    }

    private static DateTime At(int second) => new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddSeconds(second);

    private async Task AssertUsesAsync(
        string index, string? filter = null, DateTime? since = null, DateTime? until = null, DateTime? after = null)
    {
        var query = await fixture.Service.Databases.ScalarAsync<string>(
            "shard0",
            $"SELECT activity_page_query({filter is not null}, {since is not null}, {until is not null}, {after is not null})");
        var plan = await AssertPlanAsync(
            index,
            query,
            new() { Value = Owner.Value },
            new() { Value = (object?)filter ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Jsonb },
            new() { Value = (object?)since ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.TimestampTz },
            new() { Value = (object?)until ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.TimestampTz },
            new() { Value = (object?)after ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.TimestampTz },
            new() { Value = Guid.Empty },
            new() { Value = 51 });
        Assert.True(filter is not null || !plan.Contains("Sort", StringComparison.Ordinal), plan);
    }

    private async Task<string> AssertPlanAsync(string index, string query, params NpgsqlParameter[] parameters)
    {
        await using var connection = new NpgsqlConnection(
            $"{fixture.Service.Databases.ConnectionString("shard0", "owner")};Pooling=false");
        await connection.OpenAsync(Cancellation);
        var plan = await ExplainAsync(connection, query, parameters);
        Assert.Contains(index, plan, StringComparison.Ordinal);
        return plan;
    }

    private static async Task<string> ExplainAsync(NpgsqlConnection connection, string sql, params NpgsqlParameter[] parameters)
    {
        await using var explain = new NpgsqlCommand($"EXPLAIN {sql}", connection);
        explain.Parameters.AddRange(parameters);
        await using var rows = await explain.ExecuteReaderAsync(Cancellation);
        var lines = new List<string>();
        while (await rows.ReadAsync(Cancellation))
        {
            lines.Add(rows.GetString(0));
        }

        return string.Join('\n', lines);
    }
}
