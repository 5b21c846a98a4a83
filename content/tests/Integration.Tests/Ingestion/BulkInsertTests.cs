using NpgsqlTypes;
using Platform.Ingestion;

namespace Integration.Tests.Ingestion;

/// <summary>On a table of the test's own.</summary>
public sealed partial class BulkInsertTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>, IAsyncLifetime
{
    private static readonly BulkInsert<Row> Insert = new(
        "bulk",
        BulkColumn.Of("id", "int", NpgsqlDbType.Integer, (Row row) => row.Id),
        BulkColumn.Of("data", "jsonb", NpgsqlDbType.Jsonb, (Row row) => row.Data));

    private readonly TestService _service = fixture.Service;
    private readonly UserId _owner = TestService.UserOf(TestService.NewSubject());

    /// <summary>One below and one above the limit: each test is run both ways.</summary>
    public static TheoryData<int> Sizes { get; } = [BulkInsert<Row>.CopyAbove, BulkInsert<Row>.CopyAbove + 1];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        foreach (var shard in new[] { "shard0", "shard1" })
        {
            await _service.Databases.ExecuteAsync(
                shard,
                """
                CREATE TABLE IF NOT EXISTS bulk (owner_id uuid, id int, data jsonb NOT NULL, PRIMARY KEY (owner_id, id));
                DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_policies WHERE tablename = 'bulk') THEN CALL protect('bulk'); END IF; END $$;
                GRANT SELECT, INSERT ON bulk TO app_rw;
                """,
                "owner");
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [MemberData(nameof(Sizes))]
    public async Task A_batch_sent_twice_is_stored_once(int size)
    {
        Assert.Equal(size, await AddAsync(Rows(1, size)));
        Assert.Equal(0, await AddAsync(Rows(1, size)));
        Assert.Equal(10, await AddAsync(Rows(11, size)));
        Assert.Equal(size + 10, await CountAsync("shard0"));
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public async Task A_row_that_is_there_twice_in_a_batch_is_stored_once(int size)
    {
        Row[] rows = [.. Rows(1, size - 1), new Row(1, "{\"other\": 1}")];

        Assert.Equal(size - 1, await AddAsync(rows));
        Assert.Equal(0, await _service.Databases.ScalarAsync<long>(
            "shard0", $"SELECT count(*) FROM bulk WHERE owner_id = '{_owner}' AND data ? 'other'"));
    }

    /// <summary>
    /// COPY straight into the table, as one might be tempted to, shows that the test of a repeated batch can fail.
    /// </summary>
    [Fact]
    public async Task COPY_alone_fails_at_a_row_that_is_there()
    {
        await AddAsync(Rows(1, 1));
        await using var connection = new Npgsql.NpgsqlConnection(
            $"{_service.Databases.ConnectionString("shard0", "postgres")};Pooling=false");
        await connection.OpenAsync(Cancellation);
        var importer = await connection.BeginBinaryImportAsync(
            "COPY bulk (owner_id, id, data) FROM STDIN (FORMAT BINARY)", Cancellation);
        await importer.StartRowAsync(Cancellation);
        await importer.WriteAsync(_owner.Value, NpgsqlDbType.Uuid, Cancellation);
        await importer.WriteAsync(1, NpgsqlDbType.Integer, Cancellation);
        await importer.WriteAsync("{}", NpgsqlDbType.Jsonb, Cancellation);
        var refused = await Assert.ThrowsAsync<Npgsql.PostgresException>(async () =>
        {
            await using (importer)
            {
                await importer.CompleteAsync(Cancellation);
            }
        });

        Assert.Equal(Npgsql.PostgresErrorCodes.UniqueViolation, refused.SqlState);
    }

    /// <summary>
    /// Rows per second beside COPY of the same rows into the same kind of table; reported, and asserted loosely.
    /// </summary>
    [Fact]
    public async Task Adding_many_rows_is_not_much_slower_than_COPY()
    {
        const int Count = 20_000;
        await AddAsync(Rows(-10_000, 6_000));
        await using var connection = new Npgsql.NpgsqlConnection(_service.Databases.ConnectionString("shard0", "postgres"));
        await connection.OpenAsync(Cancellation);
        var (best, copy) = (double.MaxValue, double.MaxValue);
        for (var round = 0; round < 3; round++)
        {
            var rows = Rows(round * Count, Count);
            var watch = Stopwatch.StartNew();
            await AddAsync(rows);
            best = Math.Min(best, watch.Elapsed.TotalSeconds);
            watch.Restart();
            await using (var importer = await connection.BeginBinaryImportAsync(
                "COPY bulk (owner_id, id, data) FROM STDIN (FORMAT BINARY)", Cancellation))
            {
                foreach (var row in rows)
                {
                    await importer.StartRowAsync(Cancellation);
                    await importer.WriteAsync(Guid.Empty, NpgsqlDbType.Uuid, Cancellation);
                    await importer.WriteAsync(row.Id, NpgsqlDbType.Integer, Cancellation);
                    await importer.WriteAsync(row.Data, NpgsqlDbType.Jsonb, Cancellation);
                }

                await importer.CompleteAsync(Cancellation);
            }

            copy = Math.Min(copy, watch.Elapsed.TotalSeconds);
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{Count / best:0} rows/s; COPY alone {Count / copy:0} rows/s; {copy / best:0.00} of it.");
        Assert.True(copy / best > 0.2, $"{copy / best:0.00} of COPY.");
    }

    private static Row[] Rows(int first, int count) =>
        [.. Enumerable.Range(first, count).Select(id => new Row(id, $$"""{"number": {{id}}}"""))];

    private Task<long> CountAsync(string shard) =>
        _service.Databases.ScalarAsync<long>(shard, $"SELECT count(*) FROM bulk WHERE owner_id = '{_owner}'");

    private async Task<int> AddAsync(Row[] rows)
    {
        await using var scope = _service.Services.CreateAsyncScope();
        var writer = scope.ServiceProvider.GetRequiredService<ShardWriter>();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var added = await Insert.AddAsync(writer, _owner, rows, Cancellation);
                await writer.CommitAsync(Cancellation);
                return added;
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

    internal sealed record Row(int Id, string Data);
}
