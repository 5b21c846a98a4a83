using System.IO.Pipelines;
using Application.Ingestion;
using Domain.Activity;

namespace Application.Activity;

/// <summary>
/// Stores lines of JSON, of which there may be any number. A request and not a command: each batch of lines is a command
/// with a unit of work of its own. Cut off in the middle, the batches before are stored; sent again, they are duplicates.
/// </summary>
public sealed record IngestActivity(UserId Owner, PipeReader Body) : IRequest<ErrorOr<IngestReport>>;

internal sealed class IngestActivityHandler(ISender sender) : IRequestHandler<IngestActivity, ErrorOr<IngestReport>>
{
    /// <summary>Of a body, this much is held in memory: rows, and bytes of their lines.</summary>
    private const int MaxRows = 20_000;
    private const int MaxBytes = 4 * 1024 * 1024;

    /// <summary>After so many that cannot be stored, a body is no mistake of a line or two.</summary>
    private const int MaxRejected = 100_000;

    private static readonly TimeSpan StallTimeout = TimeSpan.FromSeconds(10);

    public async ValueTask<ErrorOr<IngestReport>> Handle(IngestActivity request, CancellationToken cancellationToken)
    {
        using var lines = new LineReader(request.Body, StorableJson.MaxLength, StallTimeout);
        var tally = new IngestTally();
        var rows = new List<UserActivity>();
        long bytes = 0;
        while (await lines.ReadAsync(cancellationToken))
        {
            if (lines.IsTooLong)
            {
                tally.Reject(lines.Number, $"A line has at most {StorableJson.MaxLength} bytes.");
            }
            else if (ActivityLine.Read(lines.Line, request.Owner) is { } read)
            {
                if (read.IsError)
                {
                    tally.Reject(lines.Number, read.FirstError.Description);
                }
                else
                {
                    rows.Add(read.Value);
                    bytes += lines.Line.Length;
                }
            }

            if (tally.Rejected > MaxRejected)
            {
                await StoreAsync();
                return Error.Validation(
                    "Activity.TooManyErrors",
                    $"More than {MaxRejected} lines cannot be stored. Those before line {lines.Number} that can be are stored, "
                    + "and no other.");
            }

            if (rows.Count == MaxRows || bytes >= MaxBytes)
            {
                await StoreAsync();
            }
        }

        await StoreAsync();
        return tally.ToReport();

        async Task StoreAsync()
        {
            if (rows.Count > 0)
            {
                var accepted = await sender.Send(new StoreActivity(request.Owner, rows), cancellationToken);
                tally.Store(rows.Count, accepted.Value);
                rows.Clear();
                bytes = 0;
            }
        }
    }
}
