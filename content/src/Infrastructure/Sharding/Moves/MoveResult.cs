using Npgsql;

namespace Infrastructure.Sharding;

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
    internal static async Task<MoveResult> OfAsync(Func<Task<MoveResult>> run, CancellationToken cancellationToken)
    {
        const string Again = "The same command continues, and abort-move undoes what is not open yet.";
        try
        {
            return await run();
        }
        catch (MoveException exception)
        {
            return new(exception.Outcome, exception.Message);
        }
        catch (InvalidOperationException exception) when (exception.InnerException is null)
        {
            return new(MoveOutcome.NotConfigured, exception.Message);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            return new(MoveOutcome.Failed, $"{exception.MessageText}: run the Migrator without arguments first.");
        }
        catch (PostgresException exception) when (!exception.IsTransient)
        {
            return new(MoveOutcome.Failed, $"{exception.Message} {Again}");
        }
        catch (NpgsqlException exception)
        {
            return new(MoveOutcome.Unreachable, $"A database is away: {exception.Message} {Again}");
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return new(MoveOutcome.Failed, $"Stopped. {Again}");
        }
    }
}

/// <summary>Ends a move with this outcome and sentence.</summary>
internal sealed class MoveException(MoveOutcome outcome, string message) : Exception(message)
{
    public MoveOutcome Outcome { get; } = outcome;
}
