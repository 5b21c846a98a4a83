namespace Migrator.Moves;

/// <summary>How a move ended; the numbers are the Migrator's exit codes.</summary>
public enum MoveOutcome
{
    Done = 0,

    /// <summary>Something went wrong; the same command continues.</summary>
    Failed = 1,

    /// <summary>A connection string is missing.</summary>
    NotConfigured = 2,

    Unreachable = 3,

    /// <summary>Another run moves the bucket, or an earlier move of it to another shard is not finished.</summary>
    Locked = 4,

    /// <summary>There is no such bucket or shard.</summary>
    WrongArguments = 64,
}

/// <param name="Message">A sentence for people.</param>
/// <param name="Closed">For how long writes to the bucket were refused.</param>
public sealed record MoveResult(MoveOutcome Outcome, string Message, TimeSpan Closed = default)
{
    /// <returns>The exit code.</returns>
    internal int Print()
    {
        (Outcome == MoveOutcome.Done ? Console.Out : Console.Error).WriteLine(Message);
        return (int)Outcome;
    }

    internal static async Task<MoveResult> OfAsync(Func<Task<MoveResult>> run, CancellationToken cancellationToken)
    {
        try
        {
            return await run();
        }
        catch (Exception exception) when (Of(exception, cancellationToken.IsCancellationRequested) is { } result)
        {
            return result;
        }
    }

    private static MoveResult? Of(Exception exception, bool isStopped) => exception switch
    {
        MoveException move => new(move.Outcome, move.Message),
        InvalidOperationException { InnerException: null } when exception.Source != nameof(Npgsql) =>
            new(MoveOutcome.NotConfigured, exception.Message),
        PostgresException when DatabaseErrors.Of(exception) == DatabaseError.NotMigrated =>
            new(MoveOutcome.Failed, $"{exception.Message}: run the Migrator without arguments first."),
        PostgresException { IsTransient: false } => new(MoveOutcome.Failed, $"{exception.Message} The same command continues."),
        NpgsqlException or InvalidOperationException { Source: nameof(Npgsql) } =>
            new(MoveOutcome.Unreachable, $"A database is away: {exception.Message} The same command continues."),
        OperationCanceledException when isStopped => new(MoveOutcome.Failed, "Stopped. The same command continues."),
        _ => null,
    };
}

/// <summary>Ends a move with this outcome and sentence.</summary>
internal sealed class MoveException(MoveOutcome outcome, string message) : Exception(message)
{
    public MoveOutcome Outcome { get; } = outcome;
}
