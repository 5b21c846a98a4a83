using System.Text.RegularExpressions;

namespace Integration.Tests.Databases;

/// <summary>
/// A release before this one runs on the schema of this one. What its prepared statements give must not change when a column
/// is added: no statement selects <c>*</c>, and no function gives, takes or keeps a row of a table.
/// </summary>
public sealed partial class StableResultTests(ServersFixture fixture) : IClassFixture<ServersFixture>
{
    /// <summary>
    /// The read guard's frame around a statement that names its columns itself; and the mover's text of whole rows, which no
    /// running service sends.
    /// </summary>
    private static readonly string[] Exempt = ["ReadGuard.cs", "RowCopy.cs"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void No_statement_selects_whatever_columns_there_are()
    {
        var files = Directory.EnumerateFiles(Path.Combine(SolutionPaths.Solution, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !Exempt.Contains(Path.GetFileName(file)))
                .ToArray();
        Assert.NotEmpty(files);

        Assert.Empty(files.SelectMany(file => Stars(File.ReadAllText(file)).Select(star => $"{file}: {star}")));
    }

    [Theory]
    [InlineData("SELECT * FROM wallets", true)]
    [InlineData("select id, w.* from wallets w", true)]
    [InlineData("SELECT\n    * FROM list_sagas($1)", true)]
    [InlineData("UPDATE sagas SET step = 1 RETURNING *", true)]
    [InlineData("SELECT (moved).* FROM moved", true)]
    [InlineData("SELECT count(*), 2 * 3 FROM wallets", false)]
    [InlineData("SELECT price * amount FROM lines", false)]
    public void A_statement_that_does_is_found(string sql, bool isFound) => Assert.Equal(isFound, Stars(sql).Any());

    [Fact]
    public async Task No_function_depends_on_the_columns_of_a_table()
    {
        var databases = await fixture.Servers.CreateDatabasesAsync();
        foreach (var database in databases.Names)
        {
            var (count, found) = await UnstableAsync(databases, database);
            Assert.NotEqual(0, count);
            Assert.Empty(found);
        }
    }

    [Theory]
    [InlineData(
        "CREATE FUNCTION planted() RETURNS SETOF bucket_owner LANGUAGE sql AS 'SELECT bucket, epoch, state FROM bucket_owner'")]
    [InlineData("CREATE FUNCTION planted(OUT a bucket_owner) LANGUAGE sql AS 'SELECT NULL::bucket_owner'")]
    [InlineData("CREATE FUNCTION planted(a bucket_owner) RETURNS int LANGUAGE sql AS 'SELECT 1'")]
    [InlineData("CREATE FUNCTION planted() RETURNS bigint LANGUAGE sql AS 'SELECT b.epoch FROM (SELECT * FROM bucket_owner) b'")]
    [InlineData("CREATE FUNCTION planted() RETURNS int LANGUAGE plpgsql AS 'DECLARE here bucket_owner; BEGIN RETURN 1; END'")]
    [InlineData(
        "CREATE FUNCTION planted() RETURNS int LANGUAGE plpgsql AS 'DECLARE here bucket_owner%ROWTYPE; BEGIN RETURN 1; END'")]
    public async Task A_function_that_does_is_found(string planted)
    {
        var databases = await fixture.Servers.CreateDatabasesAsync();
        await databases.ExecuteAsync("shard0", planted);

        Assert.StartsWith("planted", Assert.Single((await UnstableAsync(databases, "shard0")).Found), StringComparison.Ordinal);
    }

    private static IEnumerable<string> Stars(string sql) => Star().Matches(sql).Select(match => match.Value);

    /// <summary>Functions by what they are made of, and the names of tables.</summary>
    private static async Task<(int Count, string[] Found)> UnstableAsync(TestDatabases databases, string database)
    {
        await using var connection = new NpgsqlConnection(
            $"{databases.ConnectionString(database, DatabaseRoles.Superuser)};Pooling=false");
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand(
            """
            SELECT p.proname::text, p.prosrc || coalesce(pg_get_function_sqlbody(p.oid), ''),
                   EXISTS (SELECT FROM unnest(p.proargtypes || coalesce(p.proallargtypes, '{}') || p.prorettype) AS used
                           JOIN pg_type t ON t.oid = used OR t.typarray = used JOIN pg_class c ON c.oid = t.typrelid
                           WHERE c.relkind IN ('r', 'p', 'v', 'm')),
                   (SELECT string_agg(relname, '|') FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm') AND relnamespace = p.pronamespace)
            FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
            """,
            connection);
        await using var reader = await command.ExecuteReaderAsync(Cancellation);
        var (count, found) = (0, new List<string>());
        while (await reader.ReadAsync(Cancellation))
        {
            count++;
            var source = reader.GetString(1);
            var variable = Regex.Match(
                source, $@"\b\w+\s+(CONSTANT\s+)?({reader.GetString(3)})\s*(;|:=|%ROWTYPE)", RegexOptions.IgnoreCase);
            if (reader.GetBoolean(2) || variable.Success || Stars(source).Any())
            {
                found.Add($"{reader.GetString(0)}: {Stars(source).FirstOrDefault(variable.Value)}");
            }
        }

        return (count, [.. found]);
    }

    /// <summary>A star where a list of columns begins or goes on, alone or after the name of a table.</summary>
    [GeneratedRegex(@"\b(SELECT|RETURNING)\s+([^;""]*?,\s*)?([\w()]+\.)?\*(?!\s*[\d(])(?=\s*(,|FROM|INTO|;|$|\)|""))",
        RegexOptions.IgnoreCase)]
    private static partial Regex Star();
}
