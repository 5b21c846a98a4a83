using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Platform.ReadReplicas;

/// <summary>
/// Sends what waits in the pipeline, COMMIT, and reads the log's position, in one round trip. The position after COMMIT, since
/// before it the commit is not in the log; flushed and not inserted, since what is not flushed is not sent to replicas. A write
/// whose position nobody would learn is refused.
/// </summary>
internal sealed class CommitCapture : DbCommandInterceptor, IDbTransactionInterceptor
{
    [Sql(Columns = [typeof(NpgsqlLogSequenceNumber)])]
    private const string Position = "SELECT pg_current_wal_flush_lsn()";

    /// <summary>Whether the server has refused COMMIT or a statement before it. Behind it only the position is read.</summary>
    public static bool SaysNotCommitted(PostgresException exception) =>
        exception is { InvariantSeverity: "ERROR" } && exception.BatchCommand?.CommandText != Position;

    public async ValueTask<InterceptionResult> TransactionCommittingAsync(
        DbTransaction transaction,
        TransactionEventData eventData,
        InterceptionResult result,
        CancellationToken cancellationToken = default)
    {
        var (committed, pipeline) = Listener(eventData.Context);
        var connection = (NpgsqlConnection)transaction.Connection!;
        committed(await Commits.RunAsync(connection, () => CommitAsync(connection, pipeline)));
        return InterceptionResult.Suppress();
    }

    public InterceptionResult TransactionCommitting(
        DbTransaction transaction, TransactionEventData eventData, InterceptionResult result) =>
        throw new InvalidOperationException("Commit asynchronously, so that the commit's position is captured.");

    public override ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<int> result,
        CancellationToken cancellationToken = default) =>
        new(NonQueryExecuting(command, eventData, result));

    public override InterceptionResult<int> NonQueryExecuting(
        DbCommand command, CommandEventData eventData, InterceptionResult<int> result) =>
        command.Transaction is not null
            ? result
            : throw new InvalidOperationException(
                "A statement outside a transaction commits by itself, and its position is lost. Write through ShardWriter.");

    private static async Task<ulong> CommitAsync(NpgsqlConnection connection, Pipeline pipeline)
    {
        pipeline.Add("COMMIT");
        pipeline.Add(Position);
        var positions = await pipeline.QueryAsync(
            connection, row => row.GetFieldValue<NpgsqlLogSequenceNumber>(0), timeout: 0, CancellationToken.None);
        return (ulong)positions[0];
    }

    private static (Action<ulong>, Pipeline) Listener(DbContext? context) =>
        context is UserScopedContext { Committed: { } committed } acting
            ? (committed, acting.Pipeline ?? new Pipeline())
            : throw new InvalidOperationException("Nobody would learn of this commit's position. Write through ShardWriter.");
}
