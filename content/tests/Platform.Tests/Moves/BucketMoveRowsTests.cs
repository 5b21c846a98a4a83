using Migrator.Moves;

namespace Platform.Tests.Moves;

/// <summary>What a move copies, and what it notices.</summary>
public sealed class BucketMoveRowsTests(ServersFixture fixture) : IClassFixture<ServersFixture>
{
    private const int Bucket = 5;

    [Theory]
    [InlineData("INSERT INTO idempotency_keys (owner_id, key, request_hash, answer) VALUES ('{0}', 'stray', '', '')")]
    [InlineData(
        "INSERT INTO idempotency_keys (owner_id, key, request_hash, answer) VALUES ('01a20c95-d6fb-8016-b6dc-6990ef209cf3', "
        + "'stray', '', '')")]
    public async Task A_row_that_is_only_on_the_target_is_deleted(string damage)
    {
        var databases = await fixture.Servers.CreateDatabasesAsync();
        await using var service = new TestService(databases);
        var users = new MovedUsers(service, Bucket);
        await users.WriteAsync();
        var result = await users.MoveAsync("shard1", step => step == MoveStep.Copied
            ? databases.ExecuteAsync("shard1", string.Format(null, damage, users.Users[1]))
            : Task.CompletedTask);

        Assert.True(result.Outcome == MoveOutcome.Done, result.Message);
        await users.AssertAllAreOnAsync("shard1", formerly: "shard0", epoch: 2);
    }

    [Theory]
    [InlineData("UPDATE idempotency_keys SET answer = 'a' WHERE owner_id = '{0}'")]
    [InlineData("UPDATE idempotency_keys SET created_at = created_at + interval '1 microsecond' WHERE owner_id = '{0}'")]
    [InlineData("DELETE FROM idempotency_keys WHERE owner_id = '{0}'")]
    public async Task A_row_that_changed_on_the_target_is_found_and_the_next_run_copies_it_again(string damage)
    {
        var databases = await fixture.Servers.CreateDatabasesAsync();
        await using var service = new TestService(databases);
        var users = new MovedUsers(service, Bucket);
        await users.WriteAsync();
        var refused = await users.MoveAsync("shard1", step => step == MoveStep.Copied
            ? databases.ExecuteAsync("shard1", string.Format(null, damage, users.Users[1]))
            : Task.CompletedTask);

        Assert.Equal(MoveOutcome.Failed, refused.Outcome);
        Assert.Contains($"{users.Users[1]} in table idempotency_keys differ", refused.Message, StringComparison.Ordinal);
        Assert.Equal(("moving 1", "unknown"), (await users.StateAsync("shard0"), await users.StateAsync("shard1")));
        await users.WriteAsync();
        Assert.Equal(MoveOutcome.Done, (await users.MoveAsync("shard1")).Outcome);
        await users.AssertAllAreOnAsync("shard1", formerly: "shard0", epoch: 2);
    }

    [Theory]
    [InlineData(MoveStep.Prepared)]
    [InlineData(MoveStep.Followed)]
    public async Task A_target_that_stores_something_else_is_not_switched_to(MoveStep since)
    {
        var databases = await fixture.Servers.CreateDatabasesAsync();
        await using var service = new TestService(databases);
        var users = new MovedUsers(service, Bucket);
        await users.WriteAsync();
        var refused = await users.MoveAsync("shard1", async step =>
        {
            if (step == since)
            {
                await users.WriteAsync();
                await databases.ExecuteAsync("shard1", """
                    CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.answer := 'a'; RETURN NEW; END $$;
                    CREATE TRIGGER spoil BEFORE INSERT ON idempotency_keys FOR EACH ROW EXECUTE FUNCTION spoil();
                    """);
            }
        });

        Assert.Equal(MoveOutcome.Failed, refused.Outcome);
        Assert.Contains("idempotency_keys", refused.Message, StringComparison.Ordinal);
        Assert.Equal(("moving 1", "unknown"), (await users.StateAsync("shard0"), await users.StateAsync("shard1")));
        await users.WriteAsync();

        await databases.ExecuteAsync("shard1", "DROP TRIGGER spoil ON idempotency_keys");
        Assert.Equal(MoveOutcome.Done, (await users.MoveAsync("shard1")).Outcome);
        await users.AssertAllAreOnAsync("shard1", formerly: "shard0", epoch: 2);
    }

    /// <summary>
    /// What was only inserted or updated since the copy is known by its transaction; a deleted row is not there to be asked.
    /// </summary>
    [Theory]
    [InlineData("UPDATE idempotency_keys SET answer = 'new' WHERE owner_id = '{0}'")]
    [InlineData("UPDATE idempotency_keys SET key = key || 'new' WHERE owner_id = '{0}'")]
    [InlineData("DELETE FROM idempotency_keys WHERE ctid = (SELECT min(ctid) FROM idempotency_keys WHERE owner_id = '{0}')")]
    [InlineData("DELETE FROM idempotency_keys WHERE owner_id = '{0}'")]
    public async Task Rows_that_change_while_the_bucket_moves_are_followed(string change)
    {
        var databases = await fixture.Servers.CreateDatabasesAsync();
        await using var service = new TestService(databases);
        var users = new MovedUsers(service, Bucket);
        await users.WriteAsync();
        await users.WriteAsync();
        const string Everything = "SELECT string_agg(k::text, ';' ORDER BY owner_id, key) FROM idempotency_keys k";
        var before = "";
        var result = await users.MoveAsync("shard1", async step =>
        {
            if (step == MoveStep.Followed)
            {
                await databases.ExecuteAsync(
                    "shard0", $"SELECT act_for('{users.Users[1]}', 1, 0); {string.Format(null, change, users.Users[1])}");
                before = await databases.ScalarAsync<string>("shard0", Everything);
            }
        });

        Assert.True(result.Outcome == MoveOutcome.Done, result.Message);
        Assert.Equal(before, await databases.ScalarAsync<string>("shard1", Everything));
    }

    [Fact]
    public async Task A_user_with_many_rows_who_is_written_to_all_the_time_moves_as_well()
    {
        var databases = await fixture.Servers.CreateDatabasesAsync();
        await using var service = new TestService(databases);
        var users = new MovedUsers(service, Bucket);
        await databases.ExecuteAsync("shard0", $"""
            INSERT INTO idempotency_keys (owner_id, key, request_hash, answer)
            SELECT '{users.Users[0]}', 'many' || n, '', '' FROM generate_series(1, 20000) AS n
            """);
        using var enough = new CancellationTokenSource();
        var writing = Task.Run(async () =>
        {
            while (!enough.IsCancellationRequested)
            {
                await users.WriteAsync(service, users.Users[0]);
            }
        }, TestContext.Current.CancellationToken);
        var result = await users.MoveAsync("shard1");
        await enough.CancelAsync();
        await writing;

        TestContext.Current.TestOutputHelper?.WriteLine(string.Join('\n', [.. users.Output, result.Message]));
        Assert.True(result.Outcome == MoveOutcome.Done, result.Message);
        await databases.ExecuteAsync("shard1", "DELETE FROM idempotency_keys WHERE key LIKE 'many%'");
        await users.AssertAllAreOnAsync("shard1", formerly: "shard0", epoch: 2);
    }

    [Fact]
    public async Task A_table_that_nobody_registered_moves_with_its_users_and_after_the_tables_it_references()
    {
        var databases = await fixture.Servers.CreateDatabasesAsync();
        foreach (var shard in new[] { "shard0", "shard1" })
        {
            await databases.ExecuteAsync(shard, """
                SET ROLE owner;
                CREATE TABLE "Orders placed" (owner_id uuid, id uuid, note jsonb, PRIMARY KEY (owner_id, id));
                CREATE TABLE lines (
                    owner_id uuid, order_id uuid, "No" bigint GENERATED ALWAYS AS IDENTITY, amount numeric, dropped int,
                    doubled numeric GENERATED ALWAYS AS (amount * 2) STORED, parts text[], PRIMARY KEY (owner_id, order_id, "No"),
                    FOREIGN KEY (owner_id, order_id) REFERENCES "Orders placed");
                ALTER TABLE lines DROP COLUMN dropped;
                CALL protect('"Orders placed"');
                CALL protect('lines');
                """);
        }

        await using var service = new TestService(databases);
        var users = new MovedUsers(service, Bucket);
        await users.WriteAsync();
        var user = users.Users[0];
        var fill = $$"""
            INSERT INTO "Orders placed" VALUES ('{{user}}', '{{user}}', '{"a": [1, null]}');
            INSERT INTO lines (owner_id, order_id, amount, parts) SELECT '{{user}}', '{{user}}', n / 7.0, ARRAY[NULL, 'x'] FROM generate_series(1, 100) AS n;
            """;
        await databases.ExecuteAsync("shard0", fill);
        const string Everything = """
            SELECT (SELECT string_agg(l::text, ';' ORDER BY "No") FROM lines l) || (SELECT string_agg(o::text, ';') FROM "Orders placed" o)
            """;
        var before = await databases.ScalarAsync<string>("shard0", Everything);

        var result = await users.MoveAsync("shard1");
        Assert.True(result.Outcome == MoveOutcome.Done, result.Message);
        Assert.Equal(before, await databases.ScalarAsync<string>("shard1", Everything));
        Assert.Equal(0, await databases.ScalarAsync<long>(
            "shard0", "SELECT (SELECT count(*) FROM lines) + (SELECT count(*) FROM \"Orders placed\")"));
    }

    [Theory]
    [InlineData("ALTER TABLE idempotency_keys ADD COLUMN more int", "idempotency_keys.more")]
    [InlineData("ALTER TABLE idempotency_keys ALTER COLUMN answer DROP NOT NULL", "idempotency_keys.answer")]
    [InlineData("CREATE TABLE lonely (owner_id uuid)", "lonely")]
    public async Task Shards_whose_tables_differ_are_refused(string difference, string named)
    {
        var databases = await fixture.Servers.CreateDatabasesAsync();
        await databases.ExecuteAsync("shard1", difference);
        await AssertRefusedAsync(databases, named);
    }

    [Theory]
    [InlineData("CREATE TABLE scraps (owner_id uuid)", "scraps")]
    [InlineData(
        "CREATE TABLE parts (id int, owner uuid, key text, FOREIGN KEY (owner, key) REFERENCES idempotency_keys)", "parts")]
    [InlineData("""
        CREATE TABLE hens (owner_id uuid PRIMARY KEY);
        CREATE TABLE eggs (owner_id uuid PRIMARY KEY REFERENCES hens);
        ALTER TABLE hens ADD FOREIGN KEY (owner_id) REFERENCES eggs;
        """, "eggs")]
    public async Task Tables_whose_rows_cannot_be_moved_are_refused(string tables, string named)
    {
        var databases = await fixture.Servers.CreateDatabasesAsync();
        await databases.ExecuteAsync("shard0", tables);
        await databases.ExecuteAsync("shard1", tables);
        await AssertRefusedAsync(databases, named);
    }

    private static async Task AssertRefusedAsync(TestDatabases databases, string named)
    {
        await using var service = new TestService(databases);
        var users = new MovedUsers(service, Bucket);
        var refused = await users.MoveAsync("shard1");

        Assert.Equal(MoveOutcome.Failed, refused.Outcome);
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
        Assert.Equal("active 1", await users.StateAsync("shard0"));
    }
}
