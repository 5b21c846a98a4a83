using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore.Metadata;
using Migrator.Migrations;
using NpgsqlTypes;

namespace Integration.Tests.Databases;

/// <summary>Hand-written SQL is compared with the migrated schema, so that neither changes without the other.</summary>
public sealed partial class TypedSqlTests(ServersFixture fixture) : IClassFixture<ServersFixture>
{
    private static readonly Dictionary<Type, string> SqlTypes = new()
    {
        [typeof(Guid)] = "uuid",
        [typeof(string)] = "text",
        [typeof(short)] = "smallint",
        [typeof(int)] = "integer",
        [typeof(long)] = "bigint",
        [typeof(ulong)] = "xid8",
        [typeof(double)] = "double precision",
        [typeof(decimal)] = "numeric",
        [typeof(bool)] = "boolean",
        [typeof(byte[])] = "bytea",
        [typeof(TimeSpan)] = "interval",
        [typeof(DateTimeOffset)] = "timestamp with time zone",
        [typeof(NpgsqlLogSequenceNumber)] = "pg_lsn",
    };

    /// <summary>Their SQL is put together from the names of tables and columns, which other tests run.</summary>
    private static readonly string[] MadeOfNames = ["BulkInsert.cs", "RowCopy.cs"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_statement_takes_and_gives_what_the_code_says()
    {
        var statements = Statements().ToArray();
        Assert.NotEmpty(statements);
        var databases = await fixture.Servers.CreateDatabasesAsync();
        await using var shard = await OpenAsync(databases, ResourceNames.Shards[0]);
        await using var directory = await OpenAsync(databases, ResourceNames.Directory);
        var differences = new List<string>();
        foreach (var (name, sql, says) in statements)
        {
            foreach (var difference in await CompareAsync(says.InDirectory ? directory : shard, sql, says))
            {
                differences.Add($"{name}: {difference}");
            }
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    [Theory]
    [InlineData("SELECT version FROM bucket_owner WHERE bucket = $1", "does not exist")]
    [InlineData("SELECT epoch FROM bucket_owner WHERE state = $1", "parameters are text")]
    [InlineData("SELECT state FROM bucket_owner WHERE bucket = $1", "columns are text")]
    [InlineData("SELECT epoch, state FROM bucket_owner WHERE bucket = $1", "columns are bigint, text")]
    public async Task A_statement_that_does_not_fit_is_found(string sql, string expected)
    {
        await using var shard = await OpenAsync(await fixture.Servers.CreateDatabasesAsync(), ResourceNames.Shards[0]);

        var differences = await CompareAsync(shard, sql, new SqlAttribute(typeof(short)) { Columns = [typeof(long)] });

        Assert.Contains(differences, difference => difference.Contains(expected, StringComparison.Ordinal));
    }

    [Fact]
    public void No_statement_is_written_where_it_is_sent()
    {
        var files = Directory.EnumerateFiles(Path.Combine(SolutionPaths.Solution, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !MadeOfNames.Contains(Path.GetFileName(file)))
                .ToArray();
        Assert.NotEmpty(files);

        Assert.Empty(files.SelectMany(file => SentLiterals(File.ReadAllText(file)).Select(sql => $"{file}: {sql}")));
        Assert.NotEmpty(SentLiterals("""context.Database.SqlQuery<int>($"SELECT {n}")"""));
        Assert.NotEmpty(SentLiterals("""source.CreateCommand("DELETE FROM wallets")"""));
    }

    private static IEnumerable<string> SentLiterals(string code) => Sent().Matches(code).Select(match => match.Value)
        .Where(call => !call.Contains("NOTIFY", StringComparison.Ordinal));

    /// <summary>What a call to send SQL begins with when its text stands there.</summary>
    [GeneratedRegex("""(SqlQuery(Raw)?<[^>]*>|FromSql\w*|ExecuteSql\w*|CreateCommand|Npgsql(Batch)?Command)\(\s*\$?"[^\n]*""")]
    private static partial Regex Sent();

    private static IEnumerable<(string Name, string Sql, SqlAttribute Says)> Statements() =>
        from assembly in Scanned.Assemblies.Append(typeof(MigrationRun).Assembly)
        from type in assembly.GetTypes()
        from field in type.GetFields(
            BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
        let says = field.GetCustomAttribute<SqlAttribute>()
        where says is not null
        select ($"{type.Name}.{field.Name}", (string)field.GetRawConstantValue()!, says);

    private static async Task<IReadOnlyList<string>> CompareAsync(NpgsqlConnection connection, string sql, SqlAttribute says)
    {
        sql = Placeholder().Replace(sql, match => $"${int.Parse(match.Groups[1].Value, null) + 1}");
        var expected = says.Parameters.Select(SqlTypeOf).ToArray();
        var differences = new List<string>();
        try
        {
            var parameters = await ParametersAsync(connection, sql);
            if (!parameters.SequenceEqual(expected))
            {
                differences.Add(
                    $"its parameters are {string.Join(", ", parameters)}, and the code gives {string.Join(", ", expected)}");
            }

            await using var command = new NpgsqlCommand(sql, connection);
            foreach (var parameter in says.Parameters)
            {
                command.Parameters.Add(new NpgsqlParameter { Value = DBNull.Value, DataTypeName = SqlTypeOf(parameter) });
            }

            await using var reader = await command.ExecuteReaderAsync(System.Data.CommandBehavior.SchemaOnly, Cancellation);
            var columns = (await reader.GetColumnSchemaAsync(Cancellation))
                .Select(column => (Name: column.ColumnName, Type: column.DataTypeName!)).ToArray();
            differences.AddRange(says.Row is { } row ? Missing(row, columns)
                : Different([.. says.Columns.Select(SqlTypeOf)], [.. columns.Select(column => column.Type)]));
        }
        catch (PostgresException exception)
        {
            differences.Add(exception.MessageText);
        }

        return differences;
    }

    /// <summary>As PostgreSQL infers them when it is told nothing.</summary>
    private static async Task<string[]> ParametersAsync(NpgsqlConnection connection, string sql)
    {
        await using (var prepare = new NpgsqlCommand($"PREPARE looked_at AS {sql}", connection))
        {
            await prepare.ExecuteNonQueryAsync(Cancellation);
        }

        await using var look = new NpgsqlCommand(
            "SELECT parameter_types::text[] FROM pg_prepared_statements WHERE name = 'looked_at'", connection);
        var parameters = (string[])(await look.ExecuteScalarAsync(Cancellation))!;
        await using var forget = new NpgsqlCommand("DEALLOCATE looked_at", connection);
        await forget.ExecuteNonQueryAsync(Cancellation);
        return parameters;
    }

    private static IEnumerable<string> Different(string[] expected, string[] columns)
    {
        // What a function without a result gives is not read.
        if (expected.Length > 0 && !columns.SequenceEqual(expected))
        {
            yield return $"its columns are {string.Join(", ", columns)}, and the code reads {string.Join(", ", expected)}";
        }
    }

    /// <summary>What the row's type has and the columns have not.</summary>
    private static IEnumerable<string> Missing(Type row, (string Name, string Type)[] columns)
    {
        var wanted = EntityOf(row) is { } entity
            ? entity.GetProperties().Select(property => (Name: property.GetColumnName(), Type: property.GetColumnType()))
            : row.GetProperties().Where(property => property.DeclaringType == row && property.Name != "EqualityContract")
                .Select(property =>
                    (Name: JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name), Type: SqlTypeOf(property.PropertyType)));
        return wanted.Except(columns).Select(column => $"it gives no column {column.Name} of type {column.Type}");
    }

    private static IEntityType? EntityOf(Type type)
    {
        using var shard = new ShardContext(
            new DbContextOptionsBuilder<ShardContext>().UseNpgsql().UseSnakeCaseNamingConvention().Options);
        using var directory = new DirectoryContext(
            new DbContextOptionsBuilder<DirectoryContext>().UseNpgsql().UseSnakeCaseNamingConvention().Options);
        return shard.Model.FindEntityType(type) ?? directory.Model.FindEntityType(type);
    }

    private static string SqlTypeOf(Type type) => Nullable.GetUnderlyingType(type) is { } inner ? SqlTypeOf(inner)
        : SqlTypes.TryGetValue(type, out var name) ? name
        : type.IsArray ? $"{SqlTypeOf(type.GetElementType()!)}[]"
        : throw new ArgumentException($"What is a {type} in SQL?", nameof(type));

    /// <summary>As the owner of the tables: what each role may is another test's.</summary>
    private static async Task<NpgsqlConnection> OpenAsync(TestDatabases databases, string database)
    {
        var connection = new NpgsqlConnection($"{databases.ConnectionString(database, DatabaseRoles.Owner)};Pooling=false");
        await connection.OpenAsync(Cancellation);
        return connection;
    }

    [GeneratedRegex(@"\{(\d+)\}")]
    private static partial Regex Placeholder();
}
