using System.Data.Common;
using DotNet.Testcontainers.Configurations;
using DotNet.Testcontainers.Containers;

namespace Fixtures;

/// <summary>Waits for a server that answers a question with true. No answer means not yet.</summary>
internal sealed class UntilItSaysYes(Func<IContainer, string> connectionString, string question) : IWaitUntil
{
    public async Task<bool> UntilAsync(IContainer container)
    {
        try
        {
            await using var connection = new NpgsqlConnection($"{connectionString(container)};Pooling=false;Timeout=5");
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand(question, connection);
            return await command.ExecuteScalarAsync() is true;
        }
        catch (Exception exception) when (exception is DbException or IOException)
        {
            return false;
        }
    }
}
