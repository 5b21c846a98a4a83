using Npgsql;

namespace Infrastructure.Persistence;

/// <summary>Asks one server, over one connection that it keeps while the server answers.</summary>
/// <param name="source">Leads to the server. Is disposed with this.</param>
internal sealed class ServerProbe(NpgsqlDataSource source) : IAsyncDisposable
{
    private const string NoAnswer = "does not answer";

    private NpgsqlConnection? _connection;
    private string? _last;

    /// <param name="askAsync">Asks, and says in words what the server is.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>These words, and whether they differ from the last; whether it has answered.</returns>
    public async Task<(string State, bool IsNews, bool HasAnswered)> AskAsync(
        Func<NpgsqlConnection, Task<string>> askAsync, CancellationToken cancellationToken)
    {
        string now;
        try
        {
            _connection ??= await source.OpenConnectionAsync(cancellationToken);
            now = await askAsync(_connection);
        }
        catch (Exception exception) when (PrimaryServers.IsNoAnswer(exception))
        {
            await DropAsync();
            now = NoAnswer;
        }

        var isNews = now != _last;
        _last = now;
        return (now, isNews, now != NoAnswer);
    }

    public async ValueTask DisposeAsync()
    {
        await DropAsync();
        await source.DisposeAsync();
    }

    private async Task DropAsync()
    {
        await (_connection?.DisposeAsync() ?? default);
        _connection = null;
    }
}
