namespace Integration.Tests.RowSecurity;

/// <summary>
/// Looks in the catalog for tables that let users see each other's rows. A table is a user's unless it is named below,
/// so a new table is looked at without being told of.
/// </summary>
public sealed class RowSecurityCatalogTests(ServersFixture fixture) : IClassFixture<ServersFixture>
{
    /// <summary>What is wrong with the tables of a database, one sentence each.</summary>
    private const string Offences = """
        WITH user_table AS (
            SELECT c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity, r.rolname AS table_owner
            FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
            WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
              AND c.relname NOT IN ('migrations', 'bucket_map', 'bucket_owner', 'bucket_moves')
        ), runtime_role AS (
            SELECT oid, rolname FROM pg_roles WHERE rolname IN ('app_rw', 'app_ro', 'worker')
        ), granted AS (
            SELECT t.oid, t.relname, r.oid AS role, r.rolname, command
            FROM user_table t CROSS JOIN runtime_role r
            CROSS JOIN (VALUES ('SELECT', 'r'), ('INSERT', 'a'), ('UPDATE', 'w'), ('DELETE', 'd')) AS commands (command, code)
            WHERE CASE WHEN command = 'DELETE' THEN has_table_privilege(r.oid, t.oid, command)
                       ELSE has_any_column_privilege(r.oid, t.oid, command) END
        ), policy AS (
            SELECT polrelid, unnest(polroles) AS role,
                   CASE polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' END AS command,
                   pg_get_expr(polqual, polrelid) AS using_clause, pg_get_expr(polwithcheck, polrelid) AS check_clause
            FROM pg_policy
        )
        SELECT relname || ' has no row level security.' FROM user_table WHERE NOT relrowsecurity
        UNION ALL
        SELECT relname || ' does not force row level security on its owner.' FROM user_table WHERE NOT relforcerowsecurity
        UNION ALL
        SELECT relname || ' belongs to ' || table_owner || '.' FROM user_table WHERE table_owner <> 'owner'
        UNION ALL
        SELECT relname || ' has no index that begins with owner_id.' FROM user_table t
        WHERE NOT EXISTS (
            SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
            WHERE i.indrelid = t.oid AND i.indisvalid AND a.attname = 'owner_id')
        UNION ALL
        SELECT relname || ' lets ' || rolname || ' ' || g.command || ' without a policy.' FROM granted g
        WHERE NOT EXISTS (
            SELECT FROM policy p
            WHERE p.polrelid = g.oid AND p.role = g.role AND (p.command IS NULL OR p.command = g.command))
        UNION ALL
        SELECT relname || ' has a policy for everybody.' FROM policy p JOIN user_table t ON t.oid = p.polrelid WHERE p.role = 0
        UNION ALL
        -- Reading across users is for the directory's public handles alone.
        SELECT t.relname || ' lets ' || r.rolname || ' at rows of others.'
        FROM policy p JOIN user_table t ON t.oid = p.polrelid JOIN runtime_role r ON r.oid = p.role
        WHERE (coalesce(p.using_clause, 'app_users()') NOT LIKE '%app_users()%'
               OR coalesce(p.check_clause, 'app_users()') NOT LIKE '%app_users()%'
               OR (p.command IS DISTINCT FROM 'SELECT' AND p.check_clause IS NULL))
          AND NOT (p.command = 'SELECT' AND (t.relname, r.rolname) IN (('payees', 'app_ro'), ('payees', 'app_rw')))
        UNION ALL
        SELECT rolname || ' may pass over row level security.' FROM pg_roles
        WHERE rolname IN ('owner', 'app_rw', 'app_ro', 'worker', 'replicator') AND (rolbypassrls OR rolsuper)
        """;

    [Fact]
    public async Task Every_table_of_users_is_protected_in_every_database()
    {
        var databases = await fixture.Servers.CreateDatabasesAsync();

        Assert.Empty(await OffencesAsync(databases, "directory"));
        Assert.Empty(await OffencesAsync(databases, "shard0"));
        Assert.Empty(await OffencesAsync(databases, "shard1"));
        Assert.True(await databases.ScalarAsync<bool>(
            "shard0", "SELECT relrowsecurity FROM pg_class WHERE relname = 'idempotency_keys'"));
    }

    [Theory]
    [InlineData("CREATE TABLE forgotten (owner_id uuid PRIMARY KEY); ALTER TABLE forgotten OWNER TO owner",
        "forgotten has no row level security.")]
    [InlineData("ALTER TABLE idempotency_keys DISABLE ROW LEVEL SECURITY", "idempotency_keys has no row level security.")]
    [InlineData("ALTER TABLE idempotency_keys NO FORCE ROW LEVEL SECURITY",
        "idempotency_keys does not force row level security on its owner.")]
    [InlineData("DROP POLICY own_rows ON idempotency_keys", "idempotency_keys lets app_rw INSERT without a policy.")]
    [InlineData(
        "DROP POLICY read_own_rows ON idempotency_keys; GRANT SELECT ON idempotency_keys TO app_ro",
        "idempotency_keys lets app_ro SELECT without a policy.")]
    [InlineData("ALTER TABLE idempotency_keys OWNER TO app_rw", "idempotency_keys belongs to app_rw.")]
    [InlineData("ALTER TABLE idempotency_keys DROP CONSTRAINT idempotency_keys_pkey",
        "idempotency_keys has no index that begins with owner_id.")]
    [InlineData("CREATE POLICY open ON idempotency_keys FOR SELECT USING (true)", "idempotency_keys has a policy for everybody.")]
    [InlineData(
        "CREATE POLICY open ON idempotency_keys TO app_rw USING (true)", "idempotency_keys lets app_rw at rows of others.")]
    [InlineData("ALTER POLICY own_rows ON idempotency_keys WITH CHECK (true)", "idempotency_keys lets app_rw at rows of others.")]
    public async Task A_table_that_is_not_protected_is_found(string mistake, string offence)
    {
        var databases = await fixture.Servers.CreateDatabasesAsync();
        await databases.ExecuteAsync("shard0", mistake);

        Assert.Contains(offence, await OffencesAsync(databases, "shard0"));
    }

    private static async Task<string[]> OffencesAsync(TestDatabases databases, string database) =>
        await databases.ScalarAsync<string[]>(
            database, $"SELECT coalesce(array_agg(offence), '{{}}') FROM ({Offences}) AS found (offence)");
}
