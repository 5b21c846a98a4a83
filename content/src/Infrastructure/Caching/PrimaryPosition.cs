using Acme.Service.Infrastructure.Persistence;
using Acme.Service.Infrastructure.ReadReplicas;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace Acme.Service.Infrastructure.Caching;

/// <summary>Asks primaries how far their log is flushed, which is beyond every commit that was acknowledged.</summary>
internal sealed partial class PrimaryPosition(PrimarySources primaries, IOptions<CacheOptions> options, ILogger<PrimaryPosition> logger)
{
    [Sql(Columns = [typeof(int), typeof(NpgsqlLogSequenceNumber)])]
    private const string PositionSql = """
        SELECT ('x' || left(pg_walfile_name(pg_current_wal_flush_lsn()), 8))::bit(32)::int, pg_current_wal_flush_lsn()
        """;

    /// <returns>Null when the primary does not answer soon.</returns>
    public async Task<WalPosition?> AskAsync(string database)
    {
        using var patience = new CancellationTokenSource(options.Value.Patience);
        try
        {
            await using var command = primaries.For(database).CreateCommand(PositionSql);
            await using var reader = await command.ExecuteReaderAsync(patience.Token);
            await reader.ReadAsync(patience.Token);
            return new WalPosition(reader.GetInt32(0), (ulong)reader.GetFieldValue<NpgsqlLogSequenceNumber>(1));
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
