using Platform.Caching;
using StackExchange.Redis;

namespace Platform.Tests.Caching;

/// <summary>Mistakes that the checker must find.</summary>
internal enum Mistake
{
    None,
    FloorNotSet,
    FillWithoutComparing,
    TokenIgnored,
}

/// <summary>
/// One random interleaving of reads, writes, replay and restarts, on one key of a real Redis. The database is a
/// model, so that its replica can be as far behind as the seed says: its version n is committed at position n.
/// </summary>
internal sealed class Schedule
{
    private const int Steps = 28;

    private readonly Random _random;
    private readonly IConnectionMultiplexer _redis;
    private readonly CacheInstance[] _instances;
    private readonly Mistake _mistake;
    private readonly CachedKind<Thing> _kind;
    private readonly string _key;
    private readonly List<bool> _isThere = [false];
    private readonly List<Actor> _actors = [];
    private readonly long[] _settledBy;
    private readonly List<string> _log = [];
    private long _replica;
    private long _settled;
    private int _losses;
    private string? _violation;

    /// <param name="name">Of the model's database, for keys that no other schedule has.</param>
    /// <param name="instances">With and without memory of their own.</param>
    public Schedule(int seed, string name, IConnectionMultiplexer redis, CacheInstance[] instances, Mistake mistake)
    {
        (_random, _redis, _instances, _mistake) = (new Random(seed), redis, instances, mistake);
        _kind = ThingJson.In(name);
        _key = _kind.KeyOf("it", timeline: 1);
        _settledBy = new long[instances.Length];
    }

    private long Primary => _isThere.Count - 1;

    /// <returns>What was stale, and all that led to it; null when nothing was.</returns>
    public async Task<string?> RunAsync()
    {
        for (var step = 0; step < Steps && _violation is null; step++)
        {
            await StepAsync();
        }

        foreach (var actor in _actors)
        {
            actor.Next = (true, true);
            await actor.FinishAsync();
        }

        foreach (var instance in Enumerable.Range(0, _instances.Length))
        {
            await (await ReadAsync(instance, needed: 0)).FinishAsync();
        }

        await LoseAsync();
        return _violation is null ? null : $"{_violation}\n{string.Join('\n', _log)}";
    }

    private async Task StepAsync()
    {
        _actors.RemoveAll(actor => actor.IsDone);
        switch (_random.Next(20))
        {
            case < 4 when _actors.Count < 4:
                _actors.Add(
                    await ReadAsync(_random.Next(_instances.Length), _random.Next(3) == 0 ? _random.NextInt64(Primary + 1) : 0));
                break;
            case < 6 when _actors.Count < 4:
                await WriteAsync(_random.Next(_instances.Length), isKilled: _random.Next(4) == 0);
                break;
            case 6:
                _replica = _random.NextInt64(_replica, Primary + 1);
                _log.Add($"the replica is at {_replica}");
                break;
            case 7:
                await LoseAsync();
                _log.Add("Redis comes back empty");
                break;
            default:
                if (_actors.Count > 0)
                {
                    var actor = _actors[_random.Next(_actors.Count)];
                    actor.Next = _random.Next(24) switch { 0 => (false, false), 1 => (true, false), _ => (true, true) };
                    await actor.StepAsync();
                }

                break;
        }
    }

    private static WalPosition PositionOf(long version) => new(1, (ulong)version);

    /// <summary>Nothing is promised any more of what was written before, but to those who have a token.</summary>
    private async Task LoseAsync()
    {
        var name = $"{_instances[0].Options.Value.Prefix}:{_key}";
        await _redis.GetDatabase().KeyDeleteAsync([name, $"{name}:floor"]);
        _settled = 0;
        Array.Clear(_settledBy);
        _losses++;
    }

    private async Task WriteAsync(int by, bool isKilled)
    {
        _isThere.Add(_random.Next(4) > 0);
        var version = Primary;
        _log.Add($"{by} commits {version}{(_isThere[^1] ? "" : ", an absence")}{(isKilled ? ", and is killed" : "")}");
        if (isKilled)
        {
            return;
        }

        _actors.Add(await Actor.StartAsync(async () =>
        {
            var isSet = _mistake == Mistake.FloorNotSet || await _instances[by].Entries.RaiseAsync([_key], version);
            _instances[by].Local.Drop(_key, version);
            if (isSet)
            {
                _settled = Math.Max(_settled, version);
                _settledBy[by] = Math.Max(_settledBy[by], version);
                _log.Add($"{by} has set the floor {version}");
            }
        }));
    }

    /// <param name="needed">What the reader's token asks for; 0 for no token.</param>
    private Task<Actor> ReadAsync(int by, long needed)
    {
        var instance = _instances[by];
        // What another instance wrote may be missing from an instance's own memory for a while.
        var (promised, losses) = (instance.Options.Value.LocalSeconds > 0 ? _settledBy[by] : _settled, _losses);
        // Of its own, since a reader who waits for another's load cannot be told to take a step.
        var cache = instance.NewCache();
        var reader = $"reader {_log.Count} of {by}";
        _log.Add($"{reader} begins, needs {needed}, is promised {promised}");
        return Actor.StartAsync(async () =>
        {
            var (thing, outcome) = await cache.GetAsync(
                _kind, _key, needed == 0 ? null : PositionOf(needed), primary => LoadAsync(reader, primary, needed),
                CancellationToken.None);
            var bound = outcome == CacheOutcome.Bypass || losses != _losses ? needed : Math.Max(needed, promised);
            _log.Add($"{reader} gets {thing?.ToString() ?? "nothing"}, {outcome}");
            var isStale = thing is null ? _isThere.FindLastIndex(isThere => !isThere) < bound : thing.Version < bound;
            if (isStale)
            {
                _violation ??= $"{reader} got {thing?.ToString() ?? "nothing"}, and {bound} was promised.";
            }
        });
    }

    private async Task<Loaded<Thing>> LoadAsync(string reader, bool primary, long needed)
    {
        await Actor.GateAsync();
        var isPrimary = primary || _replica < needed;
        var version = isPrimary ? Primary : _replica;
        _log.Add($"{reader} loads {version} from the {(isPrimary ? "primary" : "replica")}");
        var loaded = new Loaded<Thing>(
            _isThere[(int)version] ? new Thing(version) : null, version,
            isPrimary ? null : PositionOf(_mistake == Mistake.TokenIgnored ? Primary : version));
        await Actor.GateAsync();
        return loaded;
    }
}
