using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Infrastructure.Persistence;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Infrastructure.ReadReplicas;

/// <summary>
/// Sync-Token as text: <c>shard0=…;sn=…,directory=…;sn=…</c>, one entry per database. The value is the position, signed, and
/// opaque to clients; of two entries of a database they keep the one with the higher <c>sn</c>. The form is that of Azure App
/// Configuration.
/// </summary>
internal sealed partial class SyncTokenCodec
{
    private const int TimelineSize = 4;
    private const int PositionSize = TimelineSize + 8;
    private const int SignatureSize = 16;
    private const int MinKeySize = 32;
    private const int ValueSize = PositionSize + SignatureSize;

    private readonly Dictionary<string, byte[]> _keys;

    /// <summary>Takes <c>SyncTokens:Key</c>, Base64 of at least 32 bytes.</summary>
    public SyncTokenCodec(IConfiguration configuration, DatabaseNames names, ILogger<SyncTokenCodec> logger)
    {
        byte[] key;
        if (configuration["SyncTokens:Key"] is { Length: > 0 } configured)
        {
            key = new byte[configured.Length];
            if (!Convert.TryFromBase64String(configured, key, out var size) || size < MinKeySize)
            {
                throw new InvalidOperationException($"SyncTokens:Key must be Base64 of at least {MinKeySize} bytes.");
            }

            key = key[..size];
        }
        else
        {
            key = RandomNumberGenerator.GetBytes(MinKeySize);
            LogOwnKey(logger);
        }

        // A key per database, so that a value says nothing of another one.
        _keys = names.Primaries.ToDictionary(
            database => database, database => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(database)));
    }

    public string Write(string database, WalPosition position)
    {
        Span<byte> value = stackalloc byte[ValueSize];
        BinaryPrimitives.WriteInt32BigEndian(value, position.Timeline);
        BinaryPrimitives.WriteUInt64BigEndian(value[TimelineSize..], position.Lsn);
        Sign(database, value[..PositionSize], value[PositionSize..]);
        return string.Create(CultureInfo.InvariantCulture, $"{database}={Base64Url.EncodeToString(value)};sn={position.Lsn}");
    }

    public string Write(SyncTokens tokens) => string.Join(',', tokens.All.Select(entry => Write(entry.Key, entry.Value)));

    /// <summary>
    /// Adds what a token says. One that is malformed or not signed by this service asks for something that nobody can tell,
    /// and says so; a database that is not configured any more is passed over.
    /// </summary>
    public void Read(ReadOnlySpan<char> text, SyncTokens tokens)
    {
        foreach (var part in text.Split(','))
        {
            var entry = text[part].Trim();
            var parameters = entry.IndexOf(';');
            var named = parameters < 0 ? entry : entry[..parameters];
            var separator = named.IndexOf('=');
            if (separator <= 0 || named.Length > 256)
            {
                tokens.IsUnreadable = true;
                continue;
            }

            var database = named[..separator].ToString();
            if (!_keys.ContainsKey(database))
            {
                continue;
            }

            if (TryRead(database, named[(separator + 1)..]) is { } position)
            {
                tokens.Require(database, position);
            }
            else
            {
                tokens.IsUnreadable = true;
            }
        }
    }

    private WalPosition? TryRead(string database, ReadOnlySpan<char> text)
    {
        Span<byte> value = stackalloc byte[ValueSize];
        if (!Base64Url.IsValid(text, out var size) || size != ValueSize || !Base64Url.TryDecodeFromChars(text, value, out _))
        {
            return null;
        }

        Span<byte> signature = stackalloc byte[SignatureSize];
        Sign(database, value[..PositionSize], signature);
        return CryptographicOperations.FixedTimeEquals(signature, value[PositionSize..])
            ? new WalPosition(BinaryPrimitives.ReadInt32BigEndian(value), BinaryPrimitives.ReadUInt64BigEndian(value[TimelineSize..]))
            : null;
    }

    private void Sign(string database, ReadOnlySpan<byte> position, Span<byte> signature)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_keys[database], position, hash);
        hash[..SignatureSize].CopyTo(signature);
    }

    [LoggerMessage(LogLevel.Warning,
        "SyncTokens:Key is not set, so this instance signs with a key of its own: reads with the token of another instance go to the primary.")]
    private static partial void LogOwnKey(ILogger logger);
}
