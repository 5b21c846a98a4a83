using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Domain.Common;

/// <summary>
/// UUIDs of version 8 (RFC 9562, section 5.8) whose ten bits after the version are a <see cref="Bucket"/>.
/// <code>
/// 48 bits  milliseconds, a number, or a hash     4 bits  version 8
/// 10 bits  bucket                                2 bits  random, or a hash
///  2 bits  variant                              62 bits  random, or a hash
/// </code>
/// Most ids begin with their time (milliseconds since 1970), so rows that are written together stay together in a B-tree.
/// </summary>
public static class Uuid8
{
    public static Guid New(Bucket bucket, DateTimeOffset now) => New(bucket, now.ToUnixTimeMilliseconds());

    /// <param name="bucket">Of the user.</param>
    /// <param name="number">What the id begins with: 0 to 2^48 - 1.</param>
    public static Guid New(Bucket bucket, long number)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number << 16);
        RandomNumberGenerator.Fill(bytes[7..]);
        bytes[6] = (byte)(bucket.Value >> 6);
        bytes[7] = (byte)((bucket.Value << 2) | (bytes[7] & 0x03));
        return WithVersion(bytes);
    }

    /// <summary>The same id for the same text, always: the first 128 bits of its SHA-256.</summary>
    public static Guid FromName(string name) => WithVersion(SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, 16));

    /// <summary>What the id begins with.</summary>
    public static long NumberOf(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return (long)(BinaryPrimitives.ReadUInt64BigEndian(bytes) >> 16);
    }

    public static Bucket BucketOf(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return new Bucket(((bytes[6] & 0x0F) << 6) | (bytes[7] >> 2));
    }

    private static Guid WithVersion(Span<byte> bytes)
    {
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x80);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }
}
