using System.Diagnostics.Metrics;

namespace Platform.Caching;

internal sealed partial class CacheTelemetry
{
    public const string Name = "Platform.Caching";

    private static readonly string[] Outcomes = ["hit", "miss", "bypass"];
    private static readonly string[] Fills = ["kept", "refused", "lost"];

    private readonly Counter<long> _requests;
    private readonly Counter<long> _loads;
    private readonly Counter<long> _fills;
    private readonly Counter<long> _floors;
    private readonly UpDownCounter<int> _open;
    private readonly ILogger _logger;

    public CacheTelemetry(IMeterFactory meters, ILogger<CacheTelemetry> logger)
    {
        _logger = logger;
        var meter = meters.Create(Name);
        _requests = meter.CreateCounter<long>("cache.requests", "{request}", "By outcome and, of a hit, place: local or redis.");
        _loads = meter.CreateCounter<long>("cache.loads", "{load}", "Loads from the database, by server: primary or replica.");
        _fills = meter.CreateCounter<long>("cache.fills", "{fill}", "By outcome: kept, refused, lost (no answer).");
        _floors = meter.CreateCounter<long>("cache.floors", "{floor}", "Floors of commits: raised, or lost (no answer).");
        _open = meter.CreateUpDownCounter<int>("cache.circuit_open", "{circuit}", "1 while Redis is bypassed.");
    }

    public void Requested(string kind, CacheOutcome outcome, string? place = null) =>
        _requests.Add(1, new("kind", kind), new("outcome", NameOf(outcome)), new("place", place));

    public void LoadedFrom(string kind, bool primary) =>
        _loads.Add(1, new("kind", kind), new("server", primary ? "primary" : "replica"));

    public void Filled(string kind, FillOutcome outcome) => _fills.Add(1, new("kind", kind), new("outcome", Fills[(int)outcome]));

    public void FloorsRaised(int count, bool isSet) =>
        _floors.Add(count, new KeyValuePair<string, object?>("outcome", isSet ? "raised" : "lost"));

    public void CircuitChanged(int change) => _open.Add(change);

    public static string NameOf(CacheOutcome outcome) => Outcomes[(int)outcome];

    [LoggerMessage(LogLevel.Warning, "What Redis has of '{Key}' cannot be read; it is loaded again.")]
    public partial void LogUnreadable(string key, Exception exception);

    [LoggerMessage(LogLevel.Warning, "Redis is bypassed until it takes a write: {Reason}")]
    public partial void LogOpened(string reason);

    [LoggerMessage(LogLevel.Information, "Redis takes writes, and is used again.")]
    public partial void LogClosed();
}
