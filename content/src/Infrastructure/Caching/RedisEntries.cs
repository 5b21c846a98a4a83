using System.Globalization;
using Infrastructure.ReadReplicas;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Infrastructure.Caching;

/// <summary>What Redis holds of a key.</summary>
/// <param name="Floor">The lowest version that may be kept; 0 when no write or value is known.</param>
/// <param name="Payload">Null when there is no value.</param>
internal sealed record StoredEntry(long Floor, long Version, WalPosition? Seen, byte[]? Payload);

internal enum FillOutcome
{
    Kept,

    /// <summary>Something newer is known.</summary>
    Refused,

    /// <summary>Redis did not answer.</summary>
    Lost,
}

/// <summary>
/// The entries in Redis. One hash per key: <c>floor</c>, and with a value <c>version</c>, <c>seen</c> and <c>payload</c>.
/// Versions are written as 16 hexadecimal digits, since numbers in Lua are exact up to 2^53 only.
/// </summary>
internal sealed class RedisEntries(RedisCircuit circuit, IOptions<CacheOptions> options)
{
    /// <summary>A value is kept only in the epoch in which its load began, and if nothing newer is known.</summary>
    public const string Fill = """
        if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
        local floor = redis.call('HGET', KEYS[1], 'floor')
        if floor and ARGV[2] < floor then return 0 end
        redis.call('HSET', KEYS[1], 'floor', ARGV[2], 'version', ARGV[2], 'seen', ARGV[3], 'payload', ARGV[4])
        redis.call('PEXPIRE', KEYS[1], ARGV[5])
        return 1
        """;

    /// <summary>floor = max(floor, version). A value below it goes, the floor stays.</summary>
    public const string Raise = """
        local floor = redis.call('HGET', KEYS[1], 'floor')
        if not floor or floor < ARGV[1] then
            redis.call('HSET', KEYS[1], 'floor', ARGV[1])
            redis.call('HDEL', KEYS[1], 'version', 'seen', 'payload')
        end
        redis.call('PEXPIRE', KEYS[1], ARGV[2])
        return 1
        """;

    /// <summary>Puts the second value in the place of the first, if that is still there.</summary>
    public const string Replace = """
        if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
        redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
        return 1
        """;

    /// <summary>An absence is not protected by a floor of its own, so it is not kept for long.</summary>
    private static readonly TimeSpan LifetimeWithoutVersion = TimeSpan.FromMinutes(1);

    private static readonly RedisValue[] Fields = ["floor", "version", "seen", "payload"];

    /// <summary>For tests that plant a mistake.</summary>
    internal string FillScript { get; init; } = Fill;

    /// <returns>Null when Redis did not answer.</returns>
    public async ValueTask<StoredEntry?> ReadAsync(CacheKey key)
    {
        var (answered, fields) = await circuit.AskAsync(redis => redis.HashGetAsync(Name(key), Fields));
        return answered
            ? new StoredEntry(VersionOf(fields![0]), VersionOf(fields[1]), PositionOf(fields[2]), fields[3])
            : null;
    }

    /// <param name="key">Of the value.</param>
    /// <param name="epoch">In which the load began.</param>
    /// <param name="version">Of the value.</param>
    /// <param name="seen">What the load has seen.</param>
    /// <param name="payload">The value as bytes; empty for an absence.</param>
    public async ValueTask<FillOutcome> FillAsync(CacheKey key, CacheEpoch epoch, long version, WalPosition? seen, byte[] payload)
    {
        var lifetime = version == 0 && LifetimeWithoutVersion < options.Value.Lifetime ? LifetimeWithoutVersion : options.Value.Lifetime;
        RedisValue[] arguments = [epoch.Text, Digits(version), Text(seen), payload, (long)lifetime.TotalMilliseconds];
        var (answered, kept) = await circuit.AskAsync(
            redis => redis.ScriptEvaluateAsync(FillScript, [Name(key), EpochName(key.Database)], arguments));
        return !answered ? FillOutcome.Lost : (bool)kept! ? FillOutcome.Kept : FillOutcome.Refused;
    }

    /// <summary>Sets floors, in one round trip.</summary>
    /// <param name="floors">Keys as <see cref="CacheKey.Name"/> says them.</param>
    /// <returns>Whether Redis has answered.</returns>
    public async ValueTask<bool> RaiseAsync(IReadOnlyCollection<(string Key, long Version)> floors) =>
        (await circuit.AskAsync(redis => Task.WhenAll(floors.Select(floor => redis.ScriptEvaluateAsync(
            Raise, [Name(floor.Key)], [Digits(floor.Version), (long)options.Value.Lifetime.TotalMilliseconds]))))).Answered;

    /// <returns>The epoch of a database as text; null when there is none.</returns>
    public ValueTask<(bool Answered, string? Text)> EpochAsync(string database) =>
        circuit.AskAsync(async redis => (string?)await redis.StringGetAsync(EpochName(database)));

    public async ValueTask<bool> AddEpochAsync(string database, string text, TimeSpan lifetime) =>
        (await circuit.AskAsync(redis => redis.StringSetAsync(EpochName(database), text, lifetime, When.NotExists))).Answer;

    public async ValueTask<bool> ReplaceEpochAsync(string database, string text, string by)
    {
        var (answered, replaced) = await circuit.AskAsync(redis => redis.ScriptEvaluateAsync(
            Replace, [EpochName(database)], [text, by, (long)options.Value.EpochLifetime.TotalMilliseconds]));
        return answered && (bool)replaced!;
    }

    /// <summary>As text that <see cref="PositionOf"/> reads; empty for none.</summary>
    public static string Text(WalPosition? position) => position is { } known
        ? string.Create(CultureInfo.InvariantCulture, $"{known.Timeline:x8}{known.Lsn:x16}")
        : "";

    public static WalPosition? PositionOf(string? text) => string.IsNullOrEmpty(text)
        ? null
        : new WalPosition(
            int.Parse(text.AsSpan(0, 8), NumberStyles.HexNumber, CultureInfo.InvariantCulture),
            ulong.Parse(text.AsSpan(8), NumberStyles.HexNumber, CultureInfo.InvariantCulture));

    private static string Digits(long version) => version.ToString("x16", CultureInfo.InvariantCulture);

    private static long VersionOf(RedisValue digits) => digits.IsNull
        ? 0
        : long.Parse((string)digits!, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private string Name(CacheKey key) => Name(key.Name);

    private string Name(string key) => $"{options.Value.Prefix}:{key}";

    private string EpochName(string database) => Name($"{database}:epoch");
}
