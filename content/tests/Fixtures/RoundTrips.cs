namespace Fixtures;

/// <summary>
/// What requests ask databases, as Npgsql traces it: those of one trace alone, since other tests run in this process.
/// </summary>
internal sealed class RoundTrips : IDisposable
{
    private readonly ActivityTraceId _trace = ActivityTraceId.CreateRandom();
    private readonly ConcurrentBag<System.Diagnostics.Activity> _commands = [];
    private readonly ActivityListener _listener;

    public RoundTrips()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _commands.Add,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>The header <c>traceparent</c> of the requests that count.</summary>
    public string TraceParent => $"00-{_trace}-{ActivitySpanId.CreateRandom()}-01";

    /// <summary>Without those that open a connection, which have no statement.</summary>
    public System.Diagnostics.Activity[] All =>
        [.. _commands.Where(command => command.TraceId == _trace && command.GetTagItem("db.query.text") is not null)];

    public void Dispose() => _listener.Dispose();
}
