using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Platform.Caching;

/// <summary>What is cached: rows of one kind, which stay in one database and carry a version.</summary>
/// <param name="Database">Where the rows are: <c>directory</c>, <c>shard0</c>, …</param>
/// <param name="Name">Part of the key in Redis. Another shape of <typeparamref name="T"/> needs another name.</param>
/// <param name="Json">How <typeparamref name="T"/> is written; null, for a row that is not there, is written as nothing.</param>
/// <typeparam name="T">Immutable: an instance is given to many requests.</typeparam>
public sealed record CachedKind<T>(string Database, string Name, JsonTypeInfo<T> Json)
    where T : class
{
    /// <summary>The key in Redis, after the prefix. What a promotion has lost is not found on the next timeline.</summary>
    public string KeyOf(string key, int timeline) => $"{Database}@{timeline}:{Name}:{key}";

    public byte[] Write(T? value) => value is null ? [] : JsonSerializer.SerializeToUtf8Bytes(value, Json);

    public T? Read(ReadOnlySpan<byte> payload) => payload.IsEmpty ? null : JsonSerializer.Deserialize(payload, Json);
}

/// <summary>What a database said.</summary>
/// <param name="Value">Null when there is no such row.</param>
/// <param name="Version">The row's, from 1. For one key, what is committed later has a higher one.</param>
/// <param name="Seen">What the replica had replayed before it was asked; null when it was the primary.</param>
public readonly record struct Loaded<T>(T? Value, long Version, WalPosition? Seen)
    where T : class;

/// <summary>A value that may be given to requests that need no more than <see cref="Seen"/>.</summary>
/// <param name="Seen">All that was committed up to here was visible to the load; null when that is not known.</param>
/// <param name="ExpiresAt">When it is too old to be used, as <see cref="Environment.TickCount64"/>.</param>
internal sealed record CacheEntry(object? Value, long Version, WalPosition? Seen, long ExpiresAt)
{
    public bool Covers(WalPosition? needed) => needed is not { } position || (Seen?.Covers(position) ?? false);
}

/// <summary>Bypass is an answer without Redis, or that Redis does not keep: as new as the server that gave it.</summary>
internal enum CacheOutcome { Hit, Miss, Bypass }
