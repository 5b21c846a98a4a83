using Npgsql;

namespace Colonnade.Dev.Demo;

/// <summary>Asks the running service's databases directly, past the API.</summary>
internal static class Database
{
    public static IReadOnlyList<string> Shards { get; } = ["shard0", "shard1"];

    /// <summary>The rows of a query on the primary, each as its columns' texts.</summary>
    /// <param name="role">One of the service's roles, such as <c>owner</c>, who sees all rows.</param>
    public static async Task<IReadOnlyList<string[]>> QueryAsync(this Walk walk, string database, string role, string sql)
    {
        await using var source = NpgsqlDataSource.Create(walk.Service.ConnectionString(walk.Service.State.Primary, database, role));
        await using var command = source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync(walk.Cancelled);
        var rows = new List<string[]>();
        while (await reader.ReadAsync(walk.Cancelled))
        {
            rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(column => $"{reader.GetValue(column)}")]);
        }

        return rows;
    }

    public static async Task<long> CountAsync(this Walk walk, string database, string role, string sql) =>
        long.Parse((await walk.QueryAsync(database, role, sql))[0][0], null);
}
