using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Infrastructure.Caching;

internal sealed partial class CacheTelemetry
{
    public const string Name = "Infrastructure.Caching";

    private readonly Counter<long> _requests;
    private readonly Counter<long> _loads;
    private readonly Counter<long> _fills;
    private readonly Counter<long> _floors;
    private readonly ILogger _logger;
    private int _openCircuits;

    public CacheTelemetry(IMeterFactory meters, ILogger<CacheTelemetry> logger)
    {
        _logger = logger;
        var meter = meters.Create(Name);
        _requests = meter.CreateCounter<long>("cache.requests", "{request}", "By outcome (hit, miss, bypass) and by where a hit was: local or redis.");
        _loads = meter.CreateCounter<long>("cache.loads", "{load}", "Loads from the database, by server: primary or replica.");
        _fills = meter.CreateCounter<long>("cache.fills", "{fill}", "By outcome: kept, refused, or lost when Redis did not answer.");
        _floors = meter.CreateCounter<long>("cache.floors", "{floor}", "Floors set, by how: inline, relayed, or lost when Redis did not answer.");
        meter.CreateObservableGauge("cache.circuit_open", () => Volatile.Read(ref _openCircuits), "{circuit}", "1 while Redis is not asked.");
    }

    public void Requested(string kind, CacheOutcome outcome, string? place = null) => _requests.Add(
        1, new("kind", kind), new("outcome", NameOf(outcome)), new KeyValuePair<string, object?>("place", place));

    public void LoadedFrom(string kind, bool primary) =>
        _loads.Add(1, new("kind", kind), new KeyValuePair<string, object?>("server", primary ? "primary" : "replica"));

    public void Filled(string kind, FillOutcome outcome) => _fills.Add(
        1,
        new("kind", kind),
        new KeyValuePair<string, object?>("outcome", outcome switch { FillOutcome.Kept => "kept", FillOutcome.Refused => "refused", _ => "lost" }));

    public void FloorsSet(int count, string how) => _floors.Add(count, new KeyValuePair<string, object?>("how", how));

    public void CircuitOpened(string reason)
    {
        Interlocked.Increment(ref _openCircuits);
        LogOpened(_logger, reason);
    }

    public void CircuitClosed()
    {
        Interlocked.Decrement(ref _openCircuits);
        LogClosed(_logger);
    }

    public void Unreadable(string key, Exception exception) => LogUnreadable(_logger, exception, key);

    public static string NameOf(CacheOutcome outcome) => outcome switch
    {
        CacheOutcome.Hit => "hit",
        CacheOutcome.Miss => "miss",
        _ => "bypass",
    };

    [LoggerMessage(LogLevel.Warning, "Redis is not asked until it answers a ping: {Reason}")]
    private static partial void LogOpened(ILogger logger, string reason);

    [LoggerMessage(LogLevel.Warning, "What Redis has of '{Key}' cannot be read; it is loaded again.")]
    private static partial void LogUnreadable(ILogger logger, Exception exception, string key);

    [LoggerMessage(LogLevel.Information, "Redis is asked again.")]
    private static partial void LogClosed(ILogger logger);
}
