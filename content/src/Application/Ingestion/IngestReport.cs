namespace Application.Ingestion;

/// <summary>What became of the lines of a body.</summary>
/// <param name="Accepted">Stored now.</param>
/// <param name="Duplicates">Stored before, or in the body more than once.</param>
/// <param name="Rejected">Not stored: no repeat will help.</param>
/// <param name="Errors">Why, for the first <see cref="MaxErrors"/> of them.</param>
public sealed record IngestReport(long Accepted, long Duplicates, long Rejected, IReadOnlyList<LineError> Errors)
{
    public const int MaxErrors = 100;
}

/// <param name="Line">Number of the line, from 1. Empty lines count.</param>
public sealed record LineError(long Line, string Reason);

/// <summary>Counts on the way to an <see cref="IngestReport"/>.</summary>
public sealed class IngestTally
{
    private readonly List<LineError> _errors = [];
    private long _accepted;
    private long _duplicates;
    private long _rejected;

    public void Store(int rows, int accepted) => (_accepted, _duplicates) = (_accepted + accepted, _duplicates + rows - accepted);

    public void Reject(long line, string reason)
    {
        _rejected++;
        if (_errors.Count < IngestReport.MaxErrors)
        {
            _errors.Add(new LineError(line, reason));
        }
    }

    /// <summary>Lines are rejected when they are read or, later, when they are stored.</summary>
    public IngestReport ToReport() => new(_accepted, _duplicates, _rejected, [.. _errors.OrderBy(error => error.Line)]);
}

/// <summary>The database cannot take one of the rows, whoever tries. Nothing of them is stored.</summary>
public sealed class UnstorableRowsException(string message, Exception inner) : Exception(message, inner);

/// <summary>Stores rows of which some may be such that the database does not take them.</summary>
public static class Ingesting
{
    /// <summary>Halves what is refused until the rows that are to blame are found, so that all others are stored.</summary>
    /// <param name="storeAsync">Stores all rows in one transaction, or none, and tells how many were new.</param>
    public static async Task StoreAsync<TRow>(
        IngestTally tally,
        IReadOnlyList<(long Line, TRow Row)> rows,
        Func<IReadOnlyList<TRow>, Task<int>> storeAsync)
    {
        try
        {
            tally.Store(rows.Count, await storeAsync([.. rows.Select(row => row.Row)]));
        }
        catch (UnstorableRowsException exception) when (rows.Count == 1)
        {
            tally.Reject(rows[0].Line, exception.Message);
        }
        catch (UnstorableRowsException)
        {
            var half = rows.Count / 2;
            await StoreAsync(tally, [.. rows.Take(half)], storeAsync);
            await StoreAsync(tally, [.. rows.Skip(half)], storeAsync);
        }
    }
}
