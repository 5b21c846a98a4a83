using Migrator.Migrations;

namespace Integration.Tests.Databases;

public sealed class MigrationTests(ServersFixture fixture) : IClassFixture<ServersFixture>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_empty_database_is_migrated_and_a_second_run_changes_nothing()
    {
        var databases = await fixture.Servers.CreateDatabasesAsync(empty: true);

        Assert.Equal(MigrationOutcome.UpToDate, await RunAsync(databases));
        const string History = "SELECT string_agg(name || checksum || applied_at, ',' ORDER BY number) FROM migrations";
        var history = await databases.ScalarAsync<object>("directory", History);
        Assert.Equal(MigrationOutcome.UpToDate, await RunAsync(databases));
        Assert.Equal(history, await databases.ScalarAsync<object>("directory", History));
        Assert.Equal(1024, await databases.ScalarAsync<long>("directory", "SELECT count(*) FROM bucket_map"));
    }

    [Fact]
    public async Task Two_runs_at_once_both_end_well()
    {
        var databases = await fixture.Servers.CreateDatabasesAsync(empty: true);

        Assert.Equal(
            [MigrationOutcome.UpToDate, MigrationOutcome.UpToDate],
            await Task.WhenAll(RunAsync(databases), RunAsync(databases)));
    }

    [Fact]
    public async Task A_run_that_failed_half_way_is_resumed_by_the_next()
    {
        var databases = await fixture.Servers.CreateDatabasesAsync(empty: true);
        await databases.ExecuteAsync("directory", "CREATE TABLE bucket_map (in_the_way int)");

        Assert.Equal(MigrationOutcome.Failed, await RunAsync(databases));
        await databases.ExecuteAsync("directory", "DROP TABLE bucket_map");
        Assert.Equal(MigrationOutcome.UpToDate, await RunAsync(databases));
    }

    [Fact]
    public async Task A_run_does_not_wait_for_ever_for_the_lock_of_another()
    {
        var databases = await fixture.Servers.CreateDatabasesAsync(empty: true);
        await using var other = new NpgsqlConnection(
            $"{databases.ConnectionString("directory", DatabaseRoles.Owner)};Pooling=false");
        await other.OpenAsync(Cancellation);
        await using var take = new NpgsqlCommand("SELECT pg_advisory_lock(x'6d696772'::int)", other);
        await take.ExecuteNonQueryAsync(Cancellation);

        Assert.Equal(MigrationOutcome.Locked, await RunAsync(databases, seconds: 1));
    }

    [Fact]
    public async Task A_server_that_does_not_answer_and_a_missing_configuration_are_told_apart()
    {
        var nobody = new Func<string, string>(_ => "Host=localhost;Port=1;Username=owner;Database=directory;Timeout=1");

        Assert.Equal(MigrationOutcome.Unreachable, await RunAsync(nobody, seconds: 1));
        var nothing = new MigrationRun(new ConfigurationBuilder().Build(), NullLogger<MigrationRun>.Instance);
        Assert.Equal(MigrationOutcome.NotConfigured, await nothing.RunAsync(Cancellation));
    }

    [Fact]
    public async Task The_model_and_the_migrated_schema_agree()
    {
        var databases = await fixture.Servers.CreateDatabasesAsync();
        await using var directory = new DirectoryContext(Options<DirectoryContext>(databases, "directory"));
        await using var shard = new ShardContext(Options<ShardContext>(databases, "shard0"));

        Assert.NotEmpty(Columns(directory));
        Assert.NotEmpty(Columns(shard));
        foreach (var (context, database) in new (
            DbContext, string)[] { (directory, "directory"), (shard, "shard0"), (shard, "shard1") })
        {
            Assert.Equal(await ColumnsAsync(databases, database, context), Columns(context));
        }
    }

    [Theory]
    [InlineData("ALTER TABLE bucket_map ADD COLUMN surprise int")]
    [InlineData("ALTER TABLE bucket_map ALTER COLUMN shard DROP NOT NULL")]
    [InlineData("ALTER TABLE bucket_map ALTER COLUMN shard TYPE varchar(9)")]
    [InlineData("ALTER TABLE bucket_map RENAME COLUMN shard TO shards")]
    [InlineData("DROP TABLE bucket_map CASCADE")]
    public async Task A_schema_that_differs_from_the_model_is_noticed(string difference)
    {
        var databases = await fixture.Servers.CreateDatabasesAsync();
        await databases.ExecuteAsync("directory", difference);
        await using var directory = new DirectoryContext(Options<DirectoryContext>(databases, "directory"));

        Assert.NotEqual(await ColumnsAsync(databases, "directory", directory), Columns(directory));
    }

    private static Task<MigrationOutcome> RunAsync(TestDatabases databases, int seconds = 30) =>
        RunAsync(database => $"{databases.ConnectionString(database, DatabaseRoles.Owner)};Pooling=false", seconds);

    private static Task<MigrationOutcome> RunAsync(Func<string, string> connectionString, int seconds)
    {
        var configuration = new ConfigurationBuilder()
            .AddConfiguration(Servers.Configuration(connectionString))
            .AddInMemoryCollection([new("Migrator:TimeoutSeconds", $"{seconds}")])
            .Build();
        return new MigrationRun(configuration, NullLogger<MigrationRun>.Instance).RunAsync(Cancellation);
    }

    private static DbContextOptions<TContext> Options<TContext>(TestDatabases databases, string database)
        where TContext : DbContext =>
        new DbContextOptionsBuilder<TContext>().UseNpgsql(databases.ConnectionString(database, DatabaseRoles.Owner))
            .UseSnakeCaseNamingConvention().Options;

    /// <summary>What the model expects: table, column, type and whether it can be null.</summary>
    private static string[] Columns(DbContext context) =>
    [
        .. context.Model.GetRelationalModel().Tables
            .SelectMany(table => table.Columns.Select(column =>
                $"{table.Name}.{column.Name} {column.StoreType}{(column.IsNullable ? "" : " not null")}"))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>The same of the model's tables as they are. Other tables are known to SQL alone.</summary>
    private static async Task<string[]> ColumnsAsync(TestDatabases databases, string database, DbContext context)
    {
        var tables = context.Model.GetRelationalModel().Tables.Select(table => $"'{table.Name}'");
        var columns = await databases.ScalarAsync<string[]>(database, $$"""
            SELECT coalesce(array_agg(relname || '.' || attname || ' ' || format_type(atttypid, atttypmod)
                                      || CASE WHEN attnotnull THEN ' not null' ELSE '' END), '{}')
            FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
            WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped
              AND relname IN ({{string.Join(',', tables)}})
            """);
        return [.. columns.Order(StringComparer.Ordinal)];
    }
}
