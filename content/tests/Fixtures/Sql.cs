namespace Fixtures;

internal static class Sql
{
    /// <summary>Runs one statement on a connection of its own and returns the first column of its rows.</summary>
    public static async Task<IReadOnlyList<object>> QueryAsync(string connectionString, string sql)
    {
        var ct = TestContext.Current.CancellationToken;
        await using var connection = new NpgsqlConnection($"{connectionString};Pooling=false");
        await connection.OpenAsync(ct);
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var values = new List<object>();
        while (await reader.ReadAsync(ct))
        {
            values.Add(reader.GetValue(0));
        }

        return values;
    }

    public static async Task<object> ScalarAsync(string connectionString, string sql) =>
        Assert.Single(await QueryAsync(connectionString, sql));
}
