using System.Buffers;
using System.IO.Pipelines;

namespace Application.Ingestion;

/// <summary>
/// Lines of a body of any size, one at a time; empty ones are counted and passed over. It holds no more than one line, and
/// reads on only when it is asked for the next, so a client sends no faster than its lines are stored. A byte order mark at
/// the start is not part of a line.
/// </summary>
/// <param name="maxLength">Bytes of the longest line. What is longer is passed over without being kept.</param>
/// <param name="timeout">For which nothing may come. The server's own limit is of the average, which a fast start makes up
/// for.</param>
public sealed class LineReader(PipeReader reader, int maxLength, TimeSpan timeout) : IDisposable
{
    private ReadOnlySequence<byte> _buffer;
    private bool _isRead;
    private bool _isLast;

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>From 1.</summary>
    public long Number { get; private set; }

    /// <summary>Without its line end; good until the next is asked for. Empty when it is too long.</summary>
    public ReadOnlySequence<byte> Line { get; private set; }

    public bool IsTooLong { get; private set; }

    /// <returns>False at the end of the body.</returns>
    /// <exception cref="IOException">The connection was lost before the end.</exception>
    /// <exception cref="BodyStalledException">Nothing came for the timeout.</exception>
    public async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        IsTooLong = false;
        while (true)
        {
            if (!IsTooLong)
            {
                PassEmptyLines();
            }

            if (_buffer.PositionOf((byte)'\n') is { } end)
            {
                Take(_buffer.Slice(0, end));
                _buffer = _buffer.Slice(_buffer.GetPosition(1, end));
                return true;
            }

            if (_isLast)
            {
                // The last line need not have an end.
                if (_buffer.Length == 0 && !IsTooLong)
                {
                    GiveBack();
                    return false;
                }

                Take(_buffer);
                _buffer = _buffer.Slice(_buffer.End);
                return true;
            }

            if (_buffer.Length > maxLength)
            {
                IsTooLong = true;
                _buffer = _buffer.Slice(_buffer.End);
            }

            GiveBack();
            var result = reader.TryRead(out var there) ? there : await WaitAsync(cancellationToken);
            (_buffer, _isRead, _isLast) = (result.Buffer, true, result.IsCompleted);
        }
    }

    /// <summary>Ends the read: the server reads the rest of the body at the end of a request.</summary>
    public void Dispose() => GiveBack();

    private async ValueTask<ReadResult> WaitAsync(CancellationToken cancellationToken)
    {
        var reading = reader.ReadAsync(cancellationToken).AsTask();
        try
        {
            return await reading.WaitAsync(timeout, cancellationToken);
        }
        catch (TimeoutException)
        {
            // Not by a token: after that, the server could not read the rest to keep the connection.
            reader.CancelPendingRead();
        }

        var result = await reading;
        if (!result.IsCanceled)
        {
            return result;
        }

        reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        throw new BodyStalledException();
    }

    /// <summary>Many at a time: compressed, a megabyte of them is a thousand bytes.</summary>
    private void PassEmptyLines()
    {
        var here = _buffer.FirstSpan;
        var run = here.IndexOfAnyExcept((byte)'\n') is >= 0 and var other ? other : here.Length;
        Number += run;
        _buffer = _buffer.Slice(run);
    }

    private void GiveBack()
    {
        if (_isRead)
        {
            reader.AdvanceTo(_buffer.Start, _buffer.End);
            _isRead = false;
        }
    }

    private void Take(ReadOnlySequence<byte> line)
    {
        var first = new SequenceReader<byte>(line);
        if (Number == 0 && first.IsNext(ByteOrderMark, advancePast: true))
        {
            line = first.UnreadSequence;
        }

        IsTooLong |= line.Length > maxLength;
        Line = IsTooLong ? ReadOnlySequence<byte>.Empty : line;
        Number++;
    }
}

/// <summary>The client has stopped sending in the middle of a body.</summary>
public sealed class BodyStalledException() : IOException("The body has stopped coming.");
