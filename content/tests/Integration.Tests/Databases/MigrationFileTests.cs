using Microsoft.Extensions.Logging;
using Migrator.Migrations;

namespace Integration.Tests.Databases;

/// <summary>What a migration's file says, and what becomes of files that are added to those of this build.</summary>
public sealed class MigrationFileTests(ServersFixture fixture) : IClassFixture<ServersFixture>
{
    private const string Table = "CREATE TABLE things (id int PRIMARY KEY, label text);";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Every_file_of_the_source_is_run()
    {
        var source = Path.Combine(SolutionPaths.Solution, "src");
        var files = Directory.EnumerateFiles(source, "*.sql", SearchOption.AllDirectories)
            .Select(Path.GetFileName).Order(StringComparer.Ordinal).ToArray();

        Assert.NotEmpty(files);
        Assert.Equal(files, MigrationFile.All.Select(file => file.Name));
    }

    [Theory]
    [InlineData("wallets.shard.sql")]
    [InlineData("7_things.shard.sql")]
    [InlineData("0007_things.sql")]
    [InlineData("0007_things.shards.sql")]
    [InlineData("0007_Some Things.shard.sql")]
    public void A_name_that_does_not_say_number_and_databases_is_refused(string name) =>
        Assert.Contains(name, Assert.Throws<FormatException>(() => MigrationFile.Of(name, "")).Message, StringComparison.Ordinal);

    [Fact]
    public void Two_files_with_one_number_are_refused_with_the_next_that_is_free()
    {
        string[] names = ["0007_b.shard.sql", "0012_c.all.sql", "0007_a.directory.sql"];

        var refused = Assert.Throws<FormatException>(
            () => MigrationFile.InOrder(names.Select(name => MigrationFile.Of(name, ""))));

        Assert.Equal(
            "0007_a.directory.sql and 0007_b.shard.sql have the same number. The next that is free is 0013.", refused.Message);
    }

    [Fact]
    public void The_checksum_does_not_depend_on_line_ends_and_spaces_before_them()
    {
        var file = MigrationFile.Of("0007_a.shard.sql", "SELECT 1;\nSELECT 2;\n");

        Assert.Equal(file.Checksum, MigrationFile.Of("0007_a.shard.sql", "SELECT 1; \r\nSELECT 2;\r\n\r\n").Checksum);
        Assert.NotEqual(file.Checksum, MigrationFile.Of("0007_a.shard.sql", "SELECT 1;\nSELECT  2;\n").Checksum);
    }

    [Fact]
    public void Statements_end_at_line_ends_and_not_within_bodies_and_comments()
    {
        var file = MigrationFile.Of("0007_a.shard.sql", """
            -- no transaction
            -- A comment;
            DROP INDEX CONCURRENTLY IF EXISTS i;

            DO $$
            BEGIN
                -- Not here;
                PERFORM 1; PERFORM ';';
            END $$;
            SELECT 1
            """);

        Assert.False(file.HasTransaction);
        Assert.Equal(
            [
                "DROP INDEX CONCURRENTLY IF EXISTS i;",
                "DO $$\nBEGIN\n    -- Not here;\n    PERFORM 1; PERFORM ';';\nEND $$;",
                "SELECT 1",
            ],
            file.Statements().Select(statement => statement.TrimEnd()));
    }

    [Fact]
    public async Task A_first_run_makes_no_error_on_the_server_and_each_database_has_its_files()
    {
        var databases = await fixture.Servers.CreateDatabasesAsync(empty: true);

        Assert.Equal(MigrationOutcome.UpToDate, (await RunAsync(databases)).Outcome);

        foreach (var database in databases.Names)
        {
            Assert.Equal(
                MigrationFile.All.Where(file => file.IsFor(database)).Select(file => file.Name),
                await databases.ScalarAsync<string[]>(database, "SELECT array_agg(name ORDER BY number) FROM migrations"));
            Assert.Equal(0, await databases.ScalarAsync<long>(
                database, "SELECT xact_rollback FROM pg_stat_database WHERE datname = current_database()"));
        }
    }

    [Fact]
    public async Task A_file_that_was_changed_after_it_ran_ends_the_run_with_its_name()
    {
        var databases = await fixture.Servers.CreateDatabasesAsync();
        Assert.Equal(MigrationOutcome.UpToDate, (await RunAsync(databases, ("9001_things.shard.sql", Table))).Outcome);

        var changed = await RunAsync(
            databases, ("9001_things.shard.sql", Table + " -- better"), ("9002_more.shard.sql", "CREATE TABLE more (id int);"));
        var renamed = await RunAsync(databases, ("9001_stuff.shard.sql", Table));

        Assert.Equal(
            (MigrationOutcome.Failed, "Database 'shard0' has run 9001_things.shard.sql; "
                + "9001_things.shard.sql of this build differs. A change is a new migration."),
            (changed.Outcome, changed.Lines[^1]));
        Assert.Equal(MigrationOutcome.Failed, renamed.Outcome);
        Assert.False(await databases.ScalarAsync<bool>("shard0", "SELECT to_regclass('more') IS NOT NULL"));
    }

    [Fact]
    public async Task A_file_that_fails_leaves_nothing_and_stops_the_run_at_its_database()
    {
        var databases = await fixture.Servers.CreateDatabasesAsync();

        var (outcome, lines) = await RunAsync(
            databases, ("9001_things.shard.sql", Table), ("9002_more.shard.sql", "CREATE TABLE more (id int); SELECT 1 / 0;"));

        Assert.Equal(MigrationOutcome.Failed, outcome);
        Assert.Equal("Database 'shard0' could not be migrated: 9002_more.shard.sql failed.", lines[^1]);
        Assert.True(await databases.ScalarAsync<bool>(
            "shard0", "SELECT to_regclass('things') IS NOT NULL AND to_regclass('more') IS NULL"));
        Assert.False(await databases.ScalarAsync<bool>("shard1", "SELECT to_regclass('things') IS NOT NULL"));
    }

    /// <summary>As when two teams merge: the number was free, and is lower than the last.</summary>
    [Fact]
    public async Task A_file_with_a_lower_number_than_the_last_is_run()
    {
        var databases = await fixture.Servers.CreateDatabasesAsync();
        await RunAsync(databases, ("9002_things.shard.sql", Table));

        var (outcome, lines) = await RunAsync(
            databases, ("9001_more.shard.sql", "CREATE TABLE more (id int);"), ("9002_things.shard.sql", Table));

        Assert.Equal((MigrationOutcome.UpToDate, "Database 'shard0' is up to date: 9001_more.shard.sql."), (outcome, lines[1]));
    }

    /// <summary>The index waits for a transaction that is older, for longer than other statements wait for a lock.</summary>
    [Fact]
    public async Task An_index_is_built_outside_a_transaction_and_an_attempt_that_was_cut_off_is_repeated()
    {
        const string Index = """
            -- no transaction
            DROP INDEX CONCURRENTLY IF EXISTS ix_things_label;
            CREATE INDEX CONCURRENTLY ix_things_label ON things (label);
            """;
        var databases = await fixture.Servers.CreateDatabasesAsync();
        await RunAsync(databases, ("9001_things.shard.sql", Table));
        await using var writer = new NpgsqlConnection(
            $"{databases.ConnectionString("shard0", DatabaseRoles.Superuser)};Pooling=false");
        await writer.OpenAsync(Cancellation);
        await using var write = new NpgsqlCommand("BEGIN; INSERT INTO things VALUES (1)", writer);
        await write.ExecuteNonQueryAsync(Cancellation);

        var cutOff = await RunAsync(databases, seconds: 1, ("9001_things.shard.sql", Table), ("9002_index.shard.sql", Index));
        Assert.Equal(MigrationOutcome.Locked, cutOff.Outcome);
        Assert.Equal("Tables of 'shard0' that 9002_index.shard.sql needs were in use for 1 s. Run it again.", cutOff.Lines[^1]);
        var waiting = RunAsync(databases, ("9001_things.shard.sql", Table), ("9002_index.shard.sql", Index));
        await Task.Delay(TimeSpan.FromSeconds(2), Cancellation);
        Assert.False(waiting.IsCompleted);
        await writer.DisposeAsync();

        Assert.Equal(MigrationOutcome.UpToDate, (await waiting).Outcome);
        Assert.True(await databases.ScalarAsync<bool>(
            "shard0", "SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix_things_label'::regclass"));
    }

    private static Task<(MigrationOutcome Outcome, IReadOnlyList<string> Lines)> RunAsync(
        TestDatabases databases, params (string Name, string Sql)[] added) => RunAsync(databases, seconds: 30, added);

    private static async Task<(MigrationOutcome Outcome, IReadOnlyList<string> Lines)> RunAsync(
        TestDatabases databases, int seconds, params (string Name, string Sql)[] added)
    {
        var configuration = new ConfigurationBuilder()
            .AddConfiguration(databases.OwnerConfiguration())
            .AddInMemoryCollection([new("Migrator:TimeoutSeconds", $"{seconds}")])
            .Build();
        var log = new RunLog();
        var run = new MigrationRun(configuration, log)
        {
            Files = [.. MigrationFile.All, .. added.Select(file => MigrationFile.Of(file.Name, file.Sql))],
        };
        return (await run.RunAsync(Cancellation), log.Lines);
    }

    private sealed class RunLog : ILogger<MigrationRun>
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add(formatter(state, exception));
    }
}
