using System.Buffers.Binary;
using System.Buffers.Text;

namespace Infrastructure.Realtime;

/// <summary>
/// How far a user's events have been told: up to and with an event, or, with <see cref="Seq"/> 0, all that is below the
/// transaction <see cref="Xact"/>.
/// </summary>
/// <param name="Epoch">Of the user's bucket.</param>
/// <param name="At">When the event was written, or the position taken, by the database's clock.</param>
/// <param name="Timeline">Of the server that it was read from.</param>
/// <param name="Cluster"><c>system_identifier</c> of that server, since each cluster counts its own transactions.</param>
internal sealed record EventPosition(long Epoch, ulong Xact, long Seq, DateTimeOffset At, int Timeline, long Cluster)
{
    private const int Size = 44;

    /// <summary>Before all events; no shard takes it for a position that it has given out.</summary>
    public static EventPosition Unknown { get; } = new(0, 0, 0, DateTimeOffset.UnixEpoch, 0, 0);

    /// <summary>What <see cref="ToString"/> has made; <see cref="Unknown"/> for any other text.</summary>
    public static EventPosition Parse(string text)
    {
        Span<byte> bytes = stackalloc byte[Size];
        if (text.Length != Base64Url.GetEncodedLength(Size) || !Base64Url.TryDecodeFromChars(text, bytes, out var read) || read != Size)
        {
            return Unknown;
        }

        var micros = BinaryPrimitives.ReadInt64BigEndian(bytes[24..]);
        return micros < 0 || micros > (DateTimeOffset.MaxValue - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond
            ? Unknown
            : new EventPosition(
                BinaryPrimitives.ReadInt64BigEndian(bytes),
                BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]),
                BinaryPrimitives.ReadInt64BigEndian(bytes[16..]),
                DateTimeOffset.UnixEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond),
                BinaryPrimitives.ReadInt32BigEndian(bytes[32..]),
                BinaryPrimitives.ReadInt64BigEndian(bytes[36..]));
    }

    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Size];
        BinaryPrimitives.WriteInt64BigEndian(bytes, Epoch);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], Xact);
        BinaryPrimitives.WriteInt64BigEndian(bytes[16..], Seq);
        BinaryPrimitives.WriteInt64BigEndian(bytes[24..], (At - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
        BinaryPrimitives.WriteInt32BigEndian(bytes[32..], Timeline);
        BinaryPrimitives.WriteInt64BigEndian(bytes[36..], Cluster);
        return Base64Url.EncodeToString(bytes);
    }
}
