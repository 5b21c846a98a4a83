using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Platform.Sagas;

/// <summary>A trace for each step, with a link to the request that started the run, and meters.</summary>
internal sealed class SagaTelemetry
{
    public const string Name = "Platform.Sagas";

    private static readonly ActivitySource Activities = new(Name);

    private readonly ConcurrentDictionary<string, SagaBacklog> _backlogs = new();
    private readonly Histogram<double> _steps;

    public SagaTelemetry(IMeterFactory meters)
    {
        var meter = meters.Create(Name);
        _steps = meter.CreateHistogram<double>("sagas.step.duration", "s", "Steps by how they ended: done, refused or failed.");
        meter.CreateObservableGauge("sagas.oldest", () => Measure(backlog => backlog.OldestSeconds), "s",
            "How long ago the oldest run began that has not ended.");
        meter.CreateObservableGauge(
            "sagas.dead", () => Measure(backlog => backlog.Dead), "{run}", "Runs that wait for an operator.");
    }

    public void SetBacklog(string shard, SagaBacklog backlog) => _backlogs[shard] = backlog;

    /// <summary>The span of one step. Disposing it measures the step.</summary>
    public Step StartStep(SagaRun run, string step) => new(this, run, step);

    private IEnumerable<Measurement<double>> Measure(Func<SagaBacklog, double> value) =>
        _backlogs.Select(
            shard => new Measurement<double>(value(shard.Value), new KeyValuePair<string, object?>("shard", shard.Key)));

    public sealed class Step : IDisposable
    {
        private readonly SagaTelemetry _telemetry;
        private readonly System.Diagnostics.Activity? _activity;
        private readonly long _started = Stopwatch.GetTimestamp();
        private readonly string _saga;
        private readonly string _step;

        public Step(SagaTelemetry telemetry, SagaRun run, string step)
        {
            (_telemetry, _saga, _step) = (telemetry, run.Name, step);
            var links = ActivityContext.TryParse(run.TraceParent, traceState: null, isRemote: true, out var request)
                ? new[] { new ActivityLink(request) }
                : [];
            System.Diagnostics.Activity.Current = null; // Each step begins a new trace.
            _activity = Activities.StartActivity(ActivityKind.Consumer, name: $"{run.Name} {step}", links: links);
            _activity?.SetTag("saga.id", run.Id).SetTag("saga.attempt", run.Retries + 1);
        }

        public string Outcome { get; set; } = "done";

        public void Fail(Exception exception)
        {
            Outcome = "failed";
            _activity?.SetStatus(ActivityStatusCode.Error, exception.Message);
        }

        public void Dispose()
        {
            _activity?.SetTag("saga.outcome", Outcome).Dispose();
            _telemetry._steps.Record(
                Stopwatch.GetElapsedTime(_started).TotalSeconds,
                new("saga", _saga), new("step", _step), new KeyValuePair<string, object?>("outcome", Outcome));
        }
    }
}
