using System.Buffers;
using System.IO.Pipelines;

namespace Application.Ingestion;

/// <summary>
/// Lines of a body of any size, one at a time. It holds no more than one line, and reads on only when it is asked for the
/// next, so whoever sends is as fast as what becomes of the lines.
/// </summary>
/// <param name="maxLength">Bytes of the longest line. What is longer is passed over without being kept.</param>
public sealed class LineReader(PipeReader reader, int maxLength) : IDisposable
{
    private ReadOnlySequence<byte> _buffer;
    private bool _isRead;
    private bool _isLast;

    /// <summary>From 1.</summary>
    public long Number { get; private set; }

    /// <summary>Without its line end; good until the next is asked for. Empty when it is too long.</summary>
    public ReadOnlySequence<byte> Line { get; private set; }

    public bool IsTooLong { get; private set; }

    /// <returns>False at the end of the body.</returns>
    /// <exception cref="IOException">The connection was lost before the end.</exception>
    public async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        IsTooLong = false;
        while (true)
        {
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
            var result = await reader.ReadAsync(cancellationToken);
            (_buffer, _isRead, _isLast) = (result.Buffer, true, result.IsCompleted);
        }
    }

    /// <summary>Whoever reads after this, as the server does at the end of a request, must not find a read under way.</summary>
    public void Dispose() => GiveBack();

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
        IsTooLong |= line.Length > maxLength;
        Line = IsTooLong ? ReadOnlySequence<byte>.Empty : line;
        Number++;
    }
}
