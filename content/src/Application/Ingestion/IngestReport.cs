namespace Application.Ingestion;

/// <summary>What became of the lines of a body.</summary>
/// <param name="Accepted">Stored now.</param>
/// <param name="Duplicates">Stored before, or in the body more than once.</param>
/// <param name="Rejected">Not stored: no repeat will help.</param>
/// <param name="Errors">Why, for the first hundred of them.</param>
public sealed record IngestReport(long Accepted, long Duplicates, long Rejected, IReadOnlyList<LineError> Errors)
{
    public const int MaxErrors = 100;
}

/// <summary>A line that was not stored.</summary>
/// <param name="Line">Number of the line, from 1. Empty lines count.</param>
/// <param name="Reason">Why no repeat will help.</param>
public sealed record LineError(long Line, string Reason);

/// <summary>Counts on the way to an <see cref="IngestReport"/>.</summary>
public sealed class IngestTally
{
    private readonly List<LineError> _errors = [];
    private long _accepted;
    private long _duplicates;

    public long Rejected { get; private set; }

    public void Store(int rows, int accepted) => (_accepted, _duplicates) = (_accepted + accepted, _duplicates + rows - accepted);

    public void Reject(long line, string reason)
    {
        Rejected++;
        if (_errors.Count < IngestReport.MaxErrors)
        {
            _errors.Add(new LineError(line, reason));
        }
    }

    public IngestReport ToReport() => new(_accepted, _duplicates, Rejected, _errors);
}
