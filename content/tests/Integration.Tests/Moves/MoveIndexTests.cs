namespace Integration.Tests.Moves;

/// <summary>What moves a bucket finds its rows by an index, in every table, and deletes them without a scan for each.</summary>
public sealed class MoveIndexTests(ServersFixture fixture) : IClassFixture<ServersFixture>
{
    /// <summary>Tables of users' rows that a bucket's rows cannot be found in.</summary>
    private const string WithoutBucketIndex = """
        SELECT coalesce(array_agg(c.relname::text), '{}')
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'owner_id' AND NOT a.attisdropped
        WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
          AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indpred IS NULL
                          AND pg_get_indexdef(i.indexrelid, 1, true) = 'bucket_of(owner_id)'
                          AND pg_get_indexdef(i.indexrelid, 2, true) = 'owner_id')
        """;

    /// <summary>Foreign keys whose check, when a row that is referenced is deleted, reads the whole referencing table.</summary>
    private const string WithoutKeyIndex = """
        SELECT coalesce(array_agg(r.conrelid::regclass::text), '{}')
        FROM pg_constraint r WHERE r.contype = 'f'
          AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = r.conrelid AND i.indpred IS NULL
                          AND (i.indkey::smallint[])[0:cardinality(r.conkey) - 1] @> r.conkey)
        """;

    [Fact]
    public async Task Every_table_of_users_rows_has_an_index_by_bucket_and_every_foreign_key_one_of_its_columns()
    {
        var databases = await fixture.Servers.CreateDatabasesAsync();
        Assert.Empty(await databases.ScalarAsync<string[]>("shard0", WithoutBucketIndex));
        foreach (var database in databases.Names)
        {
            Assert.Empty(await databases.ScalarAsync<string[]>(database, WithoutKeyIndex));
        }

        await databases.ExecuteAsync("shard0", """
            CREATE TABLE parents (id int PRIMARY KEY);
            CREATE TABLE planted (owner_id uuid, parent int REFERENCES parents);
            CREATE INDEX ON planted (owner_id, parent);
            """);
        Assert.Equal(["planted"], await databases.ScalarAsync<string[]>("shard0", WithoutBucketIndex));
        Assert.Equal(["planted"], await databases.ScalarAsync<string[]>("shard0", WithoutKeyIndex));
    }

    /// <summary>As the role that moves buckets, whose policy must not keep the planner from the index.</summary>
    [Theory]
    [InlineData("DELETE FROM idempotency_keys WHERE bucket_of(owner_id) = 7")]
    [InlineData("SELECT owner_id FROM idempotency_keys WHERE bucket_of(owner_id) = 7")]
    [InlineData("SELECT owner_id, count(*) FROM idempotency_keys WHERE bucket_of(owner_id) = 7 GROUP BY owner_id")]
    public async Task The_rows_of_a_bucket_are_found_by_its_index(string sql)
    {
        var databases = await fixture.Servers.CreateDatabasesAsync();
        await databases.ExecuteAsync("shard0", """
            INSERT INTO idempotency_keys (owner_id, key, request_hash, answer)
            SELECT gen_random_uuid(), n, '', '' FROM generate_series(1, 20000) n;
            ANALYZE idempotency_keys;
            """);
        var plan = string.Join(
            '\n', await Sql.QueryAsync(databases.ConnectionString("shard0", DatabaseRoles.Owner), $"EXPLAIN {sql}"));
        Assert.Contains("ix_idempotency_keys_bucket", plan, StringComparison.Ordinal);
    }
}
