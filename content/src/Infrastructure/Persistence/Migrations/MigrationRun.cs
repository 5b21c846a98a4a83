using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Infrastructure.Persistence.Migrations;

/// <summary>How a run ended; the numbers are the Migrator's exit codes.</summary>
public enum MigrationOutcome
{
    UpToDate = 0,
    Failed = 1,
    NotConfigured = 2,
    Unreachable = 3,

    /// <summary>Another run, or a transaction that uses a table, did not let go in time.</summary>
    Locked = 4,
}

/// <summary>
/// Brings the directory and then every shard up to date. One run at a time works on a database; a run that was cut off
/// is resumed by the next one, since each migration is a transaction of its own.
/// </summary>
public sealed partial class MigrationRun(IConfiguration configuration, ILogger<MigrationRun> logger)
{
    /// <summary>Key of the advisory lock, the same in every database: "migr" in ASCII.</summary>
    private const int LockKey = 0x6D696772;

    [Sql(typeof(long), Columns = [typeof(bool)])]
    private const string TryLock = "SELECT pg_try_advisory_lock($1)";

    private const string GrantHistory = "GRANT SELECT ON \"__EFMigrationsHistory\" TO app_rw, app_ro";

    /// <summary>
    /// While a migration waits for a table, all who want it wait behind it. So it gives up before they do, lets them pass and
    /// tries again.
    /// </summary>
    [Sql(Columns = [typeof(string)])]
    private const string LimitLocks = "SELECT set_config('lock_timeout', '500ms', false)";

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(200);

    /// <summary>How long to wait for a server to come up, for another run to end, and for tables that are in use.</summary>
    private readonly TimeSpan _patience =
        TimeSpan.FromSeconds(configuration.GetValue("Migrator:TimeoutSeconds", defaultValue: 60));

    public async Task<MigrationOutcome> RunAsync(CancellationToken cancellationToken)
    {
        DatabaseNames names;
        try
        {
            names = DatabaseNames.From(configuration);
        }
        catch (InvalidOperationException exception)
        {
            LogNotConfigured(exception.Message);
            return MigrationOutcome.NotConfigured;
        }

        var owned = new Dictionary<string, (short[], long[])>();
        var outcome = await MigrateAsync(
            DatabaseNames.Directory,
            (DbContextOptions<DirectoryContext> options) => new DirectoryContext(options),
            async connection =>
            {
                await BucketDeal.InDirectoryAsync(connection, names.Shards, cancellationToken);
                foreach (var shard in names.Shards)
                {
                    owned[shard] = await BucketDeal.OfAsync(connection, shard, cancellationToken);
                }
            },
            cancellationToken);
        foreach (var shard in names.Shards)
        {
            if (outcome == MigrationOutcome.UpToDate)
            {
                outcome = await MigrateAsync(
                    shard,
                    (DbContextOptions<ShardContext> options) => new ShardContext(options),
                    connection => BucketDeal.InShardAsync(connection, owned[shard], cancellationToken),
                    cancellationToken);
            }
        }

        return outcome;
    }

    private async Task<MigrationOutcome> MigrateAsync<TContext>(
        string database,
        Func<DbContextOptions<TContext>, TContext> create,
        Func<NpgsqlConnection, Task> afterwards,
        CancellationToken cancellationToken)
        where TContext : DbContext
    {
        try
        {
            // It tries again by itself, and soon.
            await using var source = configuration.PrimaryOf(
                database, settings => (settings.HostRecheckSeconds, settings.CommandTimeout) = (0, 0));
            await using var connection = source.CreateConnection();
            if (!await OpenAsync(connection, database, cancellationToken))
            {
                return MigrationOutcome.Unreachable;
            }

            // The lock belongs to the session that migrates, so it cannot outlive the run.
            if (!await LockAsync(connection, database, cancellationToken))
            {
                return MigrationOutcome.Locked;
            }

            var pending = await PendingMigrations.OfAsync<TContext>(connection, cancellationToken);
            if (pending.Count > 0 && !await ApplyAsync(connection, create, cancellationToken))
            {
                LogTablesInUse(database, _patience.TotalSeconds);
                return MigrationOutcome.Locked;
            }

            // Readiness asks for the history in the name of the service. Each time, since a run may have ended before this.
            await using var grant = new NpgsqlCommand(GrantHistory, connection);
            await grant.ExecuteNonQueryAsync(cancellationToken);
            await afterwards(connection);
            LogUpToDate(database, pending.Count == 0 ? "nothing to do" : string.Join(", ", pending));
            return MigrationOutcome.UpToDate;
        }
        catch (Exception exception)
        {
            LogFailed(exception, database);
            return MigrationOutcome.Failed;
        }
    }

    /// <summary>Each migration is one transaction. One that did not get its locks is tried again; those before it stay.</summary>
    /// <returns>False when tables were in use for too long.</returns>
    private async Task<bool> ApplyAsync<TContext>(
        NpgsqlConnection connection, Func<DbContextOptions<TContext>, TContext> create, CancellationToken cancellationToken)
        where TContext : DbContext
    {
        await using var limit = new NpgsqlCommand(LimitLocks, connection);
        await limit.ExecuteNonQueryAsync(cancellationToken);
        for (var started = Stopwatch.GetTimestamp(); ; await Task.Delay(RetryDelay * Random.Shared.Next(3, 8), cancellationToken))
        {
            try
            {
                await using var context = create(new DbContextOptionsBuilder<TContext>()
                    .UseNpgsql(connection).AddInterceptors(new UncancelledCommit()).Options);
                await context.GetService<IHistoryRepository>().CreateIfNotExistsAsync(cancellationToken);
                await context.Database.MigrateAsync(cancellationToken);
                return true;
            }
            catch (Exception exception) when (FenceErrors.SqlStateOf(exception) == PostgresErrorCodes.LockNotAvailable)
            {
                if (Stopwatch.GetElapsedTime(started) > _patience)
                {
                    return false;
                }
            }
        }
    }

    private async Task<bool> OpenAsync(NpgsqlConnection connection, string database, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                await connection.OpenAsync(cancellationToken);
                return true;
            }
            catch (NpgsqlException exception) when (exception.IsTransient || exception is not PostgresException)
            {
                if (Stopwatch.GetElapsedTime(started) > _patience)
                {
                    LogUnreachable(exception, database, _patience.TotalSeconds);
                    return false;
                }
            }

            await Task.Delay(RetryDelay, cancellationToken);
        }
    }

    private async Task<bool> LockAsync(NpgsqlConnection connection, string database, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        await using var command = new NpgsqlCommand(TryLock, connection)
        {
            Parameters = { new() { Value = (long)LockKey } },
        };
        while (!(bool)(await command.ExecuteScalarAsync(cancellationToken))!)
        {
            if (Stopwatch.GetElapsedTime(started) > _patience)
            {
                LogLocked(database, _patience.TotalSeconds);
                return false;
            }

            await Task.Delay(RetryDelay, cancellationToken);
        }

        return true;
    }

    [LoggerMessage(LogLevel.Error, "{Reason}")]
    private partial void LogNotConfigured(string reason);

    [LoggerMessage(LogLevel.Information, "Database '{Database}' is up to date: {Applied}.")]
    private partial void LogUpToDate(string database, string applied);

    [LoggerMessage(LogLevel.Error, "Database '{Database}' could not be migrated.")]
    private partial void LogFailed(Exception exception, string database);

    [LoggerMessage(LogLevel.Error, "Database '{Database}' did not answer within {Seconds} s.")]
    private partial void LogUnreachable(Exception exception, string database, double seconds);

    [LoggerMessage(LogLevel.Error, "Tables of database '{Database}' that a migration needs were in use for {Seconds} s. Run it again.")]
    private partial void LogTablesInUse(string database, double seconds);

    [LoggerMessage(LogLevel.Error, "Another run has held the lock of database '{Database}' for {Seconds} s.")]
    private partial void LogLocked(string database, double seconds);
}
