using Migrator.Migrations;

namespace Platform.Tests.Wallets;

/// <summary>The migrations of the next release run while this one serves.</summary>
public sealed class NextReleaseTests(ServersFixture fixture) : IClassFixture<ServersFixture>
{
    /// <summary>What releases do: columns, a table, an index, a constraint and functions that the running one calls.</summary>
    private static readonly (string Name, string Sql)[] Added =
    [
        ("9001_labels.shard.sql", """
            ALTER TABLE wallets ADD COLUMN label text;
            ALTER TABLE transfers ADD COLUMN note text DEFAULT 'none', ADD CONSTRAINT short_note CHECK (length(note) < 200) NOT VALID;
            ALTER TABLE events ADD COLUMN origin text;
            ALTER TABLE idempotency_keys ADD COLUMN route text;
            CREATE TABLE labels (owner_id uuid NOT NULL, label text NOT NULL, PRIMARY KEY (owner_id, label));
            CREATE INDEX ix_labels_bucket ON labels (bucket_of(owner_id), owner_id);
            CALL protect('labels');
            GRANT SELECT, INSERT ON labels TO app_rw;
            DO $$
            BEGIN
                EXECUTE pg_get_functiondef('act_for(uuid, bigint, int)'::regprocedure);
                EXECUTE pg_get_functiondef('check_balance()'::regprocedure);
            END $$;
            """),
        ("9002_label_index.shard.sql", """
            -- no transaction
            DROP INDEX CONCURRENTLY IF EXISTS ix_wallets_label;
            CREATE INDEX CONCURRENTLY ix_wallets_label ON wallets (owner_id, label);
            ALTER TABLE transfers VALIDATE CONSTRAINT short_note;
            """),
        ("9003_payee_names.directory.sql", """
            ALTER TABLE payees ADD COLUMN display_name text;
            CREATE INDEX ix_payees_display_name ON payees (owner_id, display_name);
            """),
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    public async Task Requests_are_answered_while_the_migrations_of_the_next_release_run(int readerHoldsSeconds)
    {
        var databases = await fixture.Servers.CreateDatabasesAsync();
        await using var service = WalletLoad.Service(databases);
        await using var load = await WalletLoad.StartAsync(service);
        await load.ProgressAsync(40);
        await using var reader = await ReadAsync(databases);
        var run = new MigrationRun(databases.OwnerConfiguration(), NullLogger<MigrationRun>.Instance)
        {
            Files = [.. MigrationFile.All, .. Added.Select(file => MigrationFile.Of(file.Name, file.Sql))],
        };
        var migrating = run.RunAsync(Cancellation);
        await Task.Delay(TimeSpan.FromSeconds(readerHoldsSeconds), Cancellation);
        Assert.True(readerHoldsSeconds == 0 || !migrating.IsCompleted, "The migrations did not wait for the reader.");
        await reader.DisposeAsync();

        Assert.Equal(MigrationOutcome.UpToDate, await migrating);
        await load.ProgressAsync(40);
        await load.StopAsync();
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{load.Answers} answers, the slowest after {load.Slowest.TotalSeconds:F1} s.");
        Assert.Empty(load.Failures);
        Assert.True(await databases.ScalarAsync<bool>(
            "shard1", "SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix_wallets_label'::regclass"));
    }

    /// <summary>A report that reads wallets and transfers, and does not end.</summary>
    private static async Task<NpgsqlConnection> ReadAsync(TestDatabases databases)
    {
        var connection = new NpgsqlConnection($"{databases.ConnectionString("shard0", DatabaseRoles.Superuser)};Pooling=false");
        await connection.OpenAsync(Cancellation);
        await using var read = new NpgsqlCommand(
            "BEGIN; SELECT count(*) FROM wallets; SELECT count(*) FROM transfers", connection);
        await read.ExecuteNonQueryAsync(Cancellation);
        return connection;
    }
}
