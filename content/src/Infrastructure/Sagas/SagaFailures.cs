using Infrastructure.Sharding;
using Npgsql;

namespace Infrastructure.Sagas;

/// <summary>Tells a step that is wrong from a database that is away, and how long to wait before the next try.</summary>
internal static class SagaFailures
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    /// <summary>Full jitter: anything up to a limit that doubles each time.</summary>
    /// <param name="retries">How many there have been.</param>
    public static TimeSpan Backoff(int retries)
    {
        var limit = First * Math.Pow(2, Math.Min(retries, 10));
        return Random.Shared.NextDouble() * (limit < Longest ? limit : Longest);
    }

    /// <summary>Whether the same step may succeed later without anybody doing anything about it.</summary>
    public static bool IsTransient(Exception? exception) => exception switch
    {
        null => false,
        PostgresException { SqlState: FenceErrors.BucketMoved or FenceErrors.OldTimeline or PostgresErrorCodes.ReadOnlySqlTransaction } => true,
        // Connections, conflicts of transactions, resources, and what an operator or a timeout has stopped.
        PostgresException { SqlState: var state } when state[..2] is "08" or "40" or "53" or "57" => true,
        // No connection is to be had, or it was lost. Misuse of one is of a type of its own.
        not PostgresException when exception.GetType() == typeof(NpgsqlException) => true,
        // EF Core wraps what the database says.
        _ => IsTransient(exception.InnerException),
    };
}
