using Npgsql;

namespace Platform.Failover;

/// <summary>Asks one server again and again, over one connection that it keeps while the server answers.</summary>
internal static class ServerProbe
{
    public const string NoAnswer = "does not answer";

    /// <param name="source">Leads to the server. Is disposed at the end.</param>
    /// <param name="askAsync">Asks, and says in words what the server is.</param>
    /// <param name="answeredAsync">
    /// Gets these words, or <see cref="NoAnswer"/>, and whether they differ from the last. Returns when it is time to ask again.
    /// </param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task RunAsync(
        NpgsqlDataSource source,
        Func<NpgsqlConnection, Task<string>> askAsync,
        Func<string, bool, Task> answeredAsync,
        CancellationToken cancellationToken)
    {
        await using var disposed = source;
        NpgsqlConnection? connection = null;
        try
        {
            for (string? last = null, now; ; last = now)
            {
                try
                {
                    connection ??= await source.OpenConnectionAsync(cancellationToken);
                    now = await askAsync(connection);
                }
                catch (Exception exception) when (PrimaryServers.IsNoAnswer(exception))
                {
                    await (connection?.DisposeAsync() ?? default);
                    connection = null;
                    now = NoAnswer;
                }

                await answeredAsync(now, now != last);
            }
        }
        finally
        {
            await (connection?.DisposeAsync() ?? default);
        }
    }
}
