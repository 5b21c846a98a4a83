using System.ComponentModel.DataAnnotations;
using Microsoft.EntityFrameworkCore.Infrastructure;

namespace Platform.Databases;

internal sealed class CommitOptions
{
    public const string Section = "Commits";

    /// <summary>How long a request waits for its COMMIT. The COMMIT itself is never given up.</summary>
    [Range(0.1, 3_600)]
    public double WaitSeconds { get; init; } = 5;
}

/// <summary>
/// A COMMIT is never cancelled: no token, no command time-out. While it waits for a synchronous standby, a cancel request
/// would end the wait, and the server would report success for what a failover loses.
/// </summary>
internal static class Commits
{
    /// <summary>
    /// The server's function that waits. It names itself in its warning, whose text is in the server's language.
    /// </summary>
    private const string StandbyWait = "SyncRepWaitForLSN";

    /// <summary>Runs what commits on the connection.</summary>
    /// <exception cref="CommitNotReplicatedException">It is stored, and an administrator has ended the wait for the
    /// standby.</exception>
    public static async Task<T> RunAsync<T>(NpgsqlConnection connection, Func<Task<T>> commit)
    {
        PostgresNotice? ended = null;
        connection.Notice += Look;
        try
        {
            var result = await commit();
            return ended is null ? result : throw new CommitNotReplicatedException(ended.MessageText);
        }
        finally
        {
            connection.Notice -= Look;
        }

        void Look(object sender, NpgsqlNoticeEventArgs notice) =>
            ended = notice.Notice.Routine == StandbyWait ? notice.Notice : ended;
    }

#pragma warning disable RS0030 // The one place that commits.
    /// <summary>Commits the context's transaction.</summary>
    public static Task EndAsync(this DatabaseFacade database) => database.CommitTransactionAsync(CancellationToken.None);

    /// <summary>
    /// Commits the context's transaction and waits for it, for a limited time. Given up, the COMMIT goes on with the context,
    /// which is disposed when it has ended.
    /// </summary>
    /// <returns>The log's position after it.</returns>
    /// <exception cref="CommitUnknownException">It has not been answered in time.</exception>
    public static async Task<ulong> EndAsync(this UserScopedContext context, TimeSpan limit)
    {
        ulong position = 0;
        context.Committed = lsn => position = lsn;
        var commit = context.Database.EndAsync();
        try
        {
            await commit.WaitAsync(limit, CancellationToken.None);
            return position;
        }
        catch (TimeoutException) when (!commit.IsCompleted)
        {
            _ = commit.ContinueWith(
                ended =>
                {
                    _ = ended.Exception; // The request was told that the outcome is unknown.
                    return context.DisposeAsync().AsTask();
                },
                TaskScheduler.Default);
            throw new CommitUnknownException();
        }
    }

    /// <summary>Commits on a connection whose command time-out is 0.</summary>
    public static Task EndAsync(this NpgsqlTransaction transaction) => RunAsync(transaction.Connection!, async () =>
    {
        await transaction.CommitAsync(CancellationToken.None);
        return true;
    });
#pragma warning restore RS0030
}
