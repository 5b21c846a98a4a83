using System.Collections.Concurrent;
using Acme.Service.Infrastructure.Persistence;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Acme.Service.Infrastructure.Sagas;

/// <summary>
/// Tells instances that a shard has work. A notification is a hint that makes it quick: whoever misses one finds the work
/// when they poll. It is sent on a connection of its own, since inside a transaction it would make all commits queue up.
/// </summary>
internal sealed partial class SagaSignals(PrimarySources primaries, ILogger<SagaSignals> logger)
{
    public const string Channel = "sagas";

    /// <summary>Notifications of one shard within this time are sent as one.</summary>
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(5);

    private static readonly TimeSpan ProofOfLife = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, Shard> _shards = new();

    /// <summary>Wakes whoever looks for work on the shard in this process.</summary>
    public void Wake(string shard) => Of(shard).Wake();

    /// <summary>Returns when the shard may have work, or after the timeout.</summary>
    public Task WaitAsync(string shard, TimeSpan timeout, CancellationToken cancellationToken) =>
        Of(shard).Awake.WaitAsync(timeout, cancellationToken);

    /// <summary>Wakes every instance, soon. Returns at once.</summary>
    public void Notify(string shard)
    {
        if (Interlocked.Exchange(ref Of(shard).IsGathering, true))
        {
            return;
        }

        _ = Task.Run(async () =>
        {
            await Task.Delay(Gathering);
            Volatile.Write(ref Of(shard).IsGathering, false);
            await SendAsync(shard);
        });
    }

    /// <summary>Wakes this process at each notification, until it is cancelled.</summary>
    public async Task ListenAsync(string shard, CancellationToken cancellationToken)
    {
        for (var failures = 0; !cancellationToken.IsCancellationRequested;)
        {
            try
            {
                var source = SourceOf(shard);
                await using var connection = await source.OpenConnectionAsync(cancellationToken);
                connection.Notification += (_, _) => Wake(shard);
                await ExecuteAsync(connection, $"LISTEN {Channel}", cancellationToken);
                Wake(shard);
                failures = 0;
                while (source == SourceOf(shard)) // Until another server is the primary.
                {
                    if (!await connection.WaitAsync(ProofOfLife, cancellationToken))
                    {
                        await ExecuteAsync(connection, "SELECT 1", cancellationToken);
                    }
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
            }
            catch (Exception exception)
            {
                LogLost(exception, shard);
                await Task.Delay(SagaFailures.Backoff(failures++), cancellationToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task SendAsync(string shard)
    {
        try
        {
            await using var notify = SourceOf(shard).CreateCommand($"NOTIFY {Channel}");
            await notify.ExecuteNonQueryAsync();
        }
        catch (Exception exception) when (exception is NpgsqlException or ObjectDisposedException)
        {
            LogNotSent(exception, shard);
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private NpgsqlDataSource SourceOf(string shard) =>
        primaries.For(DatabaseNames.WorkerOf(shard));

    private Shard Of(string shard) => _shards.GetOrAdd(shard, _ => new Shard());

    [LoggerMessage(LogLevel.Debug, "Instances were not told that '{Shard}' has work; they will see it when they poll.")]
    private partial void LogNotSent(Exception exception, string shard);

    [LoggerMessage(LogLevel.Debug, "Notifications of '{Shard}' are not heard; it is polled.")]
    private partial void LogLost(Exception exception, string shard);

    private sealed class Shard
    {
        public bool IsGathering;

        public SemaphoreSlim Awake { get; } = new(0);

        /// <summary>Once is enough; one more does no harm.</summary>
        public void Wake()
        {
            if (Awake.CurrentCount == 0)
            {
                Awake.Release();
            }
        }
    }
}
