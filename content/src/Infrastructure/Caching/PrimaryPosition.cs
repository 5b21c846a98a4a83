using Infrastructure.Persistence;
using Infrastructure.ReadReplicas;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Infrastructure.Caching;

/// <summary>Asks primaries how far their log is flushed, which is beyond every commit that was acknowledged.</summary>
internal sealed partial class PrimaryPosition(PrimarySources primaries, IOptions<CacheOptions> options, ILogger<PrimaryPosition> logger)
{
    /// <returns>Null when the primary does not answer soon.</returns>
    public async Task<WalPosition?> AskAsync(string database)
    {
        using var patience = new CancellationTokenSource(options.Value.Patience);
        try
        {
            await using var connection = await primaries.For(database).OpenConnectionAsync(patience.Token);
            var (timeline, lsn) = await PrimaryServers.AskAsync(connection, patience.Token);

            // 0 is what a server in recovery says: it has been demoted since it gave the connection.
            return timeline == 0 ? null : new WalPosition(timeline, lsn);
        }
        catch (Exception exception) when (exception is NpgsqlException or OperationCanceledException)
        {
            LogNoAnswer(exception, database);
            return null;
        }
    }

    [LoggerMessage(LogLevel.Warning, "The primary of '{Database}' does not say its position, so nothing of it is cached for now.")]
    private partial void LogNoAnswer(Exception exception, string database);
}
