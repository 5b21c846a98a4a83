namespace Migrator.Migrations;

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
/// Brings the directory and then every shard up to date. One run at a time works on a database. A run that was cut off is
/// resumed by the next one, since each file and its row in the history are one transaction.
/// </summary>
public sealed partial class MigrationRun(IConfiguration configuration, ILogger<MigrationRun> logger)
{
    /// <summary>Key of the advisory lock, the same in every database: "migr" in ASCII.</summary>
    private const int LockKey = 0x6D696772;

    [Sql(typeof(long), Columns = [typeof(bool)])]
    private const string TryLockSql = "SELECT pg_try_advisory_lock($1)";

    [Sql(typeof(string), Columns = [typeof(string)])]
    private const string LimitLocksSql = "SELECT set_config('lock_timeout', $1, false)";

    /// <summary>
    /// While a statement waits for a table, the service's statements queue behind it. So it gives up before they do, lets them
    /// pass and tries again. Statements do not queue behind one with CONCURRENTLY, whose work would have to be done again.
    /// </summary>
    private static readonly TimeSpan LockTimeout = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(500);

    /// <summary>How long to wait for a server to come up, for another run to end, and for tables that are in use.</summary>
    private readonly TimeSpan _timeout =
        TimeSpan.FromSeconds(configuration.GetValue("Migrator:TimeoutSeconds", defaultValue: 60));

    /// <summary>In order; null for all of this build.</summary>
    internal IReadOnlyList<MigrationFile>? Files { get; init; }

    public async Task<MigrationOutcome> RunAsync(CancellationToken cancellationToken)
    {
        DatabaseNames names;
        IReadOnlyList<MigrationFile> files;
        try
        {
            names = DatabaseNames.From(configuration);
            files = Files ?? MigrationFile.All;
        }
        catch (Exception exception) when (exception is InvalidOperationException or FormatException)
        {
            LogNotStarted(exception.Message);
            return exception is FormatException ? MigrationOutcome.Failed : MigrationOutcome.NotConfigured;
        }

        var owned = new Dictionary<string, (short[], long[])>();
        var outcome = await MigrateAsync(
            DatabaseNames.Directory,
            files,
            async connection =>
            {
                await BucketAssigner.InDirectoryAsync(connection, names.Shards, cancellationToken);
                foreach (var shard in names.Shards)
                {
                    owned[shard] = await BucketAssigner.OfAsync(connection, shard, cancellationToken);
                }
            },
            cancellationToken);
        foreach (var shard in names.Shards)
        {
            if (outcome == MigrationOutcome.UpToDate)
            {
                outcome = await MigrateAsync(
                    shard,
                    files,
                    connection => BucketAssigner.InShardAsync(connection, owned[shard], cancellationToken),
                    cancellationToken);
            }
        }

        return outcome;
    }

    private async Task<MigrationOutcome> MigrateAsync(
        string database,
        IReadOnlyList<MigrationFile> all,
        Func<NpgsqlConnection, Task> afterwards,
        CancellationToken cancellationToken)
    {
        var current = "history";
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
            if (!await UntilTrueAsync(() => LockAsync(connection, cancellationToken), cancellationToken))
            {
                LogLocked(database, _timeout.TotalSeconds);
                return MigrationOutcome.Locked;
            }

            await MigrationHistory.CreateAsync(connection, cancellationToken);
            var applied = await MigrationHistory.AppliedAsync(connection, cancellationToken);
            var files = all.Where(file => file.IsFor(database)).ToLookup(file => applied.ContainsKey(file.Number));
            foreach (var file in files[true].Where(file => applied[file.Number] != (file.Name, file.Checksum)))
            {
                LogChanged(database, applied[file.Number].Name, file.Name);
                return MigrationOutcome.Failed;
            }

            foreach (var file in files[false])
            {
                current = file.Name;
                if (!await UntilTrueAsync(() => ApplyAsync(connection, file, cancellationToken), cancellationToken))
                {
                    LogTablesInUse(database, file.Name, _timeout.TotalSeconds);
                    return MigrationOutcome.Locked;
                }
            }

            current = "buckets";
            await afterwards(connection);
            var names = string.Join(", ", files[false].Select(file => file.Name));
            LogUpToDate(database, names.Length == 0 ? "nothing to do" : names);
            return MigrationOutcome.UpToDate;
        }
        catch (Exception exception)
        {
            LogFailed(exception, database, current);
            return MigrationOutcome.Failed;
        }
    }

    /// <summary>Runs a file. What is in a transaction leaves nothing when it fails.</summary>
    /// <returns>False when a table was in use for too long.</returns>
    private async Task<bool> ApplyAsync(NpgsqlConnection connection, MigrationFile file, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var statement in file.HasTransaction ? [] : file.Statements())
            {
                var isConcurrent = statement.Contains("CONCURRENTLY", StringComparison.OrdinalIgnoreCase);
                await LimitLocksAsync(isConcurrent ? _timeout : LockTimeout);
                await connection.ExecuteAsync(statement, cancellationToken);
            }

            await LimitLocksAsync(LockTimeout);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            if (file.HasTransaction)
            {
                await connection.ExecuteAsync(file.Sql, cancellationToken);
            }

            await MigrationHistory.AddAsync(connection, file, cancellationToken);
            await transaction.EndAsync();
            return true;
        }
        catch (PostgresException exception) when (DatabaseErrors.Of(exception) == DatabaseError.Locked)
        {
            return false;
        }

        Task LimitLocksAsync(TimeSpan limit) =>
            connection.ExecuteAsync(LimitLocksSql, cancellationToken, $"{limit.TotalMilliseconds}ms");
    }

    private static async Task<bool> LockAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(TryLockSql, connection) { Parameters = { new() { Value = (long)LockKey } } };
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <returns>False when that took too long.</returns>
    private async Task<bool> UntilTrueAsync(Func<Task<bool>> attempt, CancellationToken cancellationToken)
    {
        for (var started = Stopwatch.GetTimestamp(); !await attempt();)
        {
            if (Stopwatch.GetElapsedTime(started) > _timeout)
            {
                return false;
            }

            await Task.Delay(Backoff.Jittered(RetryDelay), cancellationToken);
        }

        return true;
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
                if (Stopwatch.GetElapsedTime(started) > _timeout)
                {
                    LogUnreachable(exception, database, _timeout.TotalSeconds);
                    return false;
                }
            }

            await Task.Delay(RetryDelay / 5, cancellationToken);
        }
    }

    [LoggerMessage(LogLevel.Error, "{Reason}")]
    private partial void LogNotStarted(string reason);

    [LoggerMessage(LogLevel.Information, "Database '{Database}' is up to date: {Applied}.")]
    private partial void LogUpToDate(string database, string applied);

    [LoggerMessage(LogLevel.Error, "Database '{Database}' could not be migrated: {Current} failed.")]
    private partial void LogFailed(Exception exception, string database, string current);

    [LoggerMessage(
        LogLevel.Error, "Database '{Database}' has run {Applied}; {Name} of this build differs. A change is a new migration.")]
    private partial void LogChanged(string database, string applied, string name);

    [LoggerMessage(LogLevel.Error, "Database '{Database}' did not answer within {Seconds} s.")]
    private partial void LogUnreachable(Exception exception, string database, double seconds);

    [LoggerMessage(LogLevel.Error, "Tables of '{Database}' that {Name} needs were in use for {Seconds} s. Run it again.")]
    private partial void LogTablesInUse(string database, string name, double seconds);

    [LoggerMessage(LogLevel.Error, "Another run has held the lock of database '{Database}' for {Seconds} s.")]
    private partial void LogLocked(string database, double seconds);
}
