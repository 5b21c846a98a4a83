using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;

namespace Infrastructure.Persistence;

/// <summary>
/// The migrations that this build knows and a database lacks. Asked of the database itself, since EF Core would build its
/// model first, which takes longer than the start of everything else.
/// </summary>
internal static class PendingMigrations
{
    [Sql(Columns = [typeof(bool)])]
    private const string HasHistory = """SELECT to_regclass('"__EFMigrationsHistory"') IS NOT NULL""";

    [Sql(typeof(string[]), Columns = [typeof(string)])]
    private const string Lacking = """
        SELECT known FROM unnest($1::text[]) AS known
        WHERE known NOT IN (SELECT "MigrationId" FROM "__EFMigrationsHistory")
        ORDER BY known
        """;

    /// <summary>Ids of all that this build knows for a kind of database, in their order.</summary>
    public static IReadOnlyList<string> Known<TContext>()
        where TContext : DbContext => Build<TContext>.Ids;

    public static async Task<IReadOnlyList<string>> OfAsync<TContext>(NpgsqlConnection connection, CancellationToken cancellationToken)
        where TContext : DbContext
    {
        // Asked before, since a table that is not there would be an ERROR in the server's log at each first start.
        await using var history = new NpgsqlCommand(HasHistory, connection);
        if (await history.ExecuteScalarAsync(cancellationToken) is not true)
        {
            return Build<TContext>.Ids;
        }

        await using var command = new NpgsqlCommand(Lacking, connection) { Parameters = { new() { Value = Build<TContext>.Ids } } };
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var lacking = new List<string>();
        while (await rows.ReadAsync(cancellationToken))
        {
            lacking.Add(rows.GetString(0));
        }

        return lacking;
    }

    /// <summary>Looked for once: readiness asks again and again.</summary>
    private static class Build<TContext>
    {
        public static readonly string[] Ids =
        [
            .. typeof(TContext).Assembly.GetTypes()
                .Where(type => type.GetCustomAttribute<DbContextAttribute>()?.ContextType == typeof(TContext))
                .Select(type => type.GetCustomAttribute<MigrationAttribute>()?.Id)
                .OfType<string>()
                .Order(StringComparer.Ordinal),
        ];
    }
}
