using System.Globalization;
using StackExchange.Redis;

namespace Platform.Caching;

/// <summary>What Redis holds of a key.</summary>
/// <param name="Floor">The lowest version that may be kept; 0 when no write is known.</param>
/// <param name="Now">Redis's clock, in milliseconds since 1970.</param>
/// <param name="ExpiresAt">End of the value's lifetime, as <see cref="Environment.TickCount64"/>.</param>
/// <param name="Payload">Null when there is no value.</param>
internal sealed record StoredEntry(long Floor, long Now, long ExpiresAt, long Version, WalPosition? Seen, byte[]? Payload);

/// <summary>Refused when something newer is known, lost when Redis did not answer.</summary>
internal enum FillOutcome { Kept, Refused, Lost }

/// <summary>
/// The entries in Redis. A key's value is a hash of <c>version</c>, <c>seen</c> and <c>payload</c>; its floor is a key of its
/// own, which lives longer. Versions are compared as 19 digits, since numbers in Lua are exact up to 2^53 only.
/// </summary>
internal sealed class RedisEntries(RedisCircuit circuit, IOptions<CacheOptions> options)
{
    /// <summary>
    /// Keeps a value if nothing newer is known. It ends at a time by Redis's clock that was read before the load began, so a
    /// fill that is on its way for long does not live longer.
    /// </summary>
    public const string Fill = """
        local floor = redis.call('GET', KEYS[2])
        if floor and ARGV[1] < floor then return 0 end
        local version = redis.call('HGET', KEYS[1], 'version')
        if version and ARGV[1] < version then return 0 end
        redis.call('HSET', KEYS[1], 'version', ARGV[1], 'seen', ARGV[2], 'payload', ARGV[3])
        redis.call('PEXPIREAT', KEYS[1], ARGV[4])
        return 1
        """;

    /// <summary>floor = max(floor, version). A value below it is deleted, which a Redis that is full allows.</summary>
    public const string Raise = """
        local version = redis.call('HGET', KEYS[1], 'version')
        if version and version < ARGV[1] then redis.call('DEL', KEYS[1]) end
        local floor = redis.call('GET', KEYS[2])
        if not floor or floor < ARGV[1] then floor = ARGV[1] end
        redis.call('SET', KEYS[2], floor, 'PX', ARGV[2])
        return 1
        """;

    private const string Read = """
        local time = redis.call('TIME')
        local value = redis.call('HMGET', KEYS[1], 'version', 'seen', 'payload')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        return {redis.call('GET', KEYS[2]), now, redis.call('PTTL', KEYS[1]), unpack(value)}
        """;

    /// <summary>For tests that plant a mistake.</summary>
    internal string FillScript { get; init; } = Fill;

    /// <returns>Null when Redis did not answer.</returns>
    public async ValueTask<StoredEntry?> ReadAsync(string key)
    {
        var asked = Environment.TickCount64;
        var (answered, reply) = await circuit.AskAsync(redis => redis.ScriptEvaluateAsync(Read, NamesOf(key)));
        if (!answered || (RedisValue[]?)reply is not [var floor, var now, var left, var version, var seen, var payload])
        {
            return null;
        }

        // A value that is older than the end of an outage may lack its floor.
        var (end, lifetime) = (asked + (long)left, (long)options.Value.Lifetime.TotalMilliseconds);
        var trusted = end - lifetime >= circuit.ClosedAt ? payload : RedisValue.Null;
        WalPosition? position = seen.IsNullOrEmpty ? null : WalPosition.Parse(seen.ToString());
        return new StoredEntry((long)floor, (long)now, end, (long)version, position, trusted);
    }

    /// <param name="payload">The value as bytes; empty for an absence.</param>
    /// <param name="began">Redis's clock before the load began, in milliseconds since 1970.</param>
    public async ValueTask<FillOutcome> FillAsync(string key, long version, WalPosition? seen, byte[] payload, long began)
    {
        RedisValue[] arguments = [Digits(version), $"{seen}", payload, began + (long)options.Value.Lifetime.TotalMilliseconds];
        var (answered, kept) = await circuit.AskAsync(redis => redis.ScriptEvaluateAsync(FillScript, NamesOf(key), arguments));
        return !answered ? FillOutcome.Lost : (bool)kept! ? FillOutcome.Kept : FillOutcome.Refused;
    }

    /// <summary>Raises the floors of keys to a version, in one round trip.</summary>
    /// <returns>Whether Redis has done it.</returns>
    public async ValueTask<bool> RaiseAsync(IEnumerable<string> keys, long version)
    {
        RedisValue[] arguments = [Digits(version), (long)CacheOptions.FloorLifetime.TotalMilliseconds];
        return (await circuit.AskAsync(redis => Task.WhenAll(
            keys.Select(key => redis.ScriptEvaluateAsync(Raise, NamesOf(key), arguments))))).Answered;
    }

    private static string Digits(long version) => version.ToString("D19", CultureInfo.InvariantCulture);

    private RedisKey[] NamesOf(string key)
    {
        var name = $"{options.Value.Prefix}:{key}";
        return [name, $"{name}:floor"];
    }
}
