using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Platform.ReadReplicas;

/// <summary>
/// Sync-Token as text: <c>shard0=…;sn=…,directory=…;sn=…</c>, one entry per database. The value is the position, signed, and
/// opaque to clients; of two entries of a database they keep the one with the higher <c>sn</c>. The form is that of Azure App
/// Configuration.
/// </summary>
internal sealed partial class SyncTokenCodec
{
    private const int SignatureSize = 16;
    private const int MinKeySize = 32;

    private readonly byte[][] _keys;
    private readonly PrimaryTimelines _timelines;

    /// <summary>
    /// Takes <c>SyncTokens:Key</c>, Base64 of at least 32 bytes, which signs, and <c>SyncTokens:PreviousKey</c>, which is
    /// accepted as well.
    /// </summary>
    public SyncTokenCodec(IConfiguration configuration, PrimaryTimelines timelines, ILogger<SyncTokenCodec> logger)
    {
        _timelines = timelines;
        var key = KeyOf(configuration, "SyncTokens:Key");
        if (key is null)
        {
            key = RandomNumberGenerator.GetBytes(MinKeySize);
            LogOwnKey(logger);
        }

        _keys = KeyOf(configuration, "SyncTokens:PreviousKey") is { } previous ? [key, previous] : [key];
    }

    public string Write(string database, WalPosition position, long mapVersion = 0)
    {
        if (position.Cluster == 0)
        {
            position = position with { Cluster = _timelines.Of(database).Known.Cluster };
        }

        var content = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{mapVersion}:{position}"));
        byte[] value = [.. Sign(_keys[0], database, content), .. content];
        return string.Create(CultureInfo.InvariantCulture, $"{database}={Base64Url.EncodeToString(value)};sn={position.Lsn}");
    }

    public string Write(SyncTokens tokens) =>
        string.Join(',', tokens.All.Select(entry => Write(entry.Key, entry.Value, tokens.MapVersion)));

    /// <summary>Adds what a token says. A database that is not configured any more is passed over.</summary>
    /// <returns>False when a part is malformed or not signed by this service.</returns>
    public bool Read(ReadOnlySpan<char> text, SyncTokens tokens)
    {
        var isReadable = true;
        foreach (var part in text.Split(','))
        {
            var entry = text[part].Trim();
            var parameters = entry.IndexOf(';');
            isReadable &= TryReadEntry(parameters < 0 ? entry : entry[..parameters], tokens);
        }

        tokens.IsUnreadable |= !isReadable;
        return isReadable;
    }

    private bool TryReadEntry(ReadOnlySpan<char> entry, SyncTokens tokens)
    {
        var separator = entry.IndexOf('=');
        if (separator <= 0 || entry.Length > 256)
        {
            return false;
        }

        var database = entry[..separator].ToString();
        if (!_timelines.Knows(database))
        {
            return true;
        }

        var text = entry[(separator + 1)..];
        byte[] value = Base64Url.IsValid(text) ? Base64Url.DecodeFromChars(text) : [];
        if (value.Length <= SignatureSize || !_keys.Any(key => CryptographicOperations.FixedTimeEquals(
            Sign(key, database, value.AsSpan(SignatureSize)), value.AsSpan(0, SignatureSize))))
        {
            return false;
        }

        var content = Encoding.ASCII.GetString(value.AsSpan(SignatureSize)).Split(':');
        tokens.RequireMap(long.Parse(content[0], CultureInfo.InvariantCulture));
        tokens.Require(database, WalPosition.Parse(content[1]));
        return true;
    }

    /// <summary>With the database, so that its value says nothing of another one.</summary>
    private static byte[] Sign(byte[] key, string database, ReadOnlySpan<byte> content) =>
        HMACSHA256.HashData(key, (byte[])[.. Encoding.UTF8.GetBytes($"{database}="), .. content])[..SignatureSize];

    private static byte[]? KeyOf(IConfiguration configuration, string name)
    {
        if (configuration[name] is not { Length: > 0 } configured)
        {
            return null;
        }

        var key = new byte[configured.Length];
        return Convert.TryFromBase64String(configured, key, out var size) && size >= MinKeySize
            ? key[..size]
            : throw new InvalidOperationException($"{name} must be Base64 of at least {MinKeySize} bytes.");
    }

    [LoggerMessage(LogLevel.Warning,
        "SyncTokens:Key is not set, so this instance signs with its own key: reads with the token of another instance go to "
        + "the primary.")]
    private static partial void LogOwnKey(ILogger logger);
}
