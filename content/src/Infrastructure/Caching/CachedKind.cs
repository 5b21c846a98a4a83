using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Infrastructure.ReadReplicas;

namespace Infrastructure.Caching;

/// <summary>What is cached: rows of one kind, which stay in one database and carry a version.</summary>
/// <param name="Database">Where the rows are: <c>directory</c>, <c>shard0</c>, …</param>
/// <param name="Name">Part of the key in Redis. Another shape of <typeparamref name="T"/> needs another name.</param>
/// <param name="Json">How <typeparamref name="T"/> is written; null, for a row that is not there, is written as nothing.</param>
/// <typeparam name="T">Immutable: an instance is given to many requests.</typeparam>
internal sealed record CachedKind<T>(string Database, string Name, JsonTypeInfo<T> Json)
    where T : class
{
    public CacheKey KeyOf(string key) => new(Database, $"{Database}:{Name}:{key}");

    public byte[] Write(T? value) => value is null ? [] : JsonSerializer.SerializeToUtf8Bytes(value, Json);

    public T? Read(ReadOnlySpan<byte> payload) => payload.IsEmpty ? null : JsonSerializer.Deserialize(payload, Json);
}

/// <param name="Name">The key in Redis, after the prefix.</param>
internal readonly record struct CacheKey(string Database, string Name);

/// <summary>What a database said.</summary>
/// <param name="Value">Null when there is no such row.</param>
/// <param name="Version">The row's, from 1. For one key, what is committed later has a higher one. Of no meaning without a row.</param>
/// <param name="Seen">What the replica had replayed before it was asked; null when it was the primary.</param>
internal readonly record struct Loaded<T>(T? Value, long Version, WalPosition? Seen)
    where T : class;

/// <summary>A value that may be given to whoever needs no more than <see cref="Seen"/>.</summary>
/// <param name="Seen">All that was committed up to here was there to be seen when the value was loaded.</param>
internal record CacheEntry(object? Value, long Version, WalPosition? Seen)
{
    public bool Covers(WalPosition? needed) => needed is not { } position || (Seen?.Covers(position) ?? false);
}

internal enum CacheOutcome
{
    Hit,
    Miss,

    /// <summary>Redis said nothing of how new the answer is, so it is what a replica says.</summary>
    Bypass,
}
