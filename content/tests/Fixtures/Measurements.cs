using System.Diagnostics.Metrics;

namespace Fixtures;

/// <param name="Name">Of the instrument.</param>
internal sealed record Measured(string Name, long Value, IReadOnlyDictionary<string, object?> Tags)
{
    /// <summary>Values of the tags, with a space between them.</summary>
    public string TagText => string.Join(' ', Tags.Values);
}

/// <summary>Whole numbers that the instruments of a meter count while this is there, in order.</summary>
internal sealed class Measurements : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<Measured> _all = new();

    /// <param name="meter">Name of the meter.</param>
    /// <param name="services">
    /// Of the service that has it, since another one in this process has one of the same name; null for all.
    /// </param>
    public Measurements(string meter, IServiceProvider? services = null)
    {
        var scope = services?.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == meter && (scope is null || ReferenceEquals(instrument.Meter.Scope, scope)))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>(Add);
        _listener.SetMeasurementEventCallback<int>(Add);
        _listener.Start();
    }

    public IReadOnlyCollection<Measured> All => _all;

    /// <summary>Sum of what an instrument has counted, by <see cref="Measured.TagText"/>.</summary>
    public long Sum(string name, string tags = "") =>
        _all.Where(one => one.Name == name && one.TagText == tags).Sum(one => one.Value);

    public void Dispose() => _listener.Dispose();

    private void Add<T>(Instrument instrument, T value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
        where T : struct, IConvertible =>
        _all.Enqueue(new Measured(instrument.Name, value.ToInt64(null), new Dictionary<string, object?>(tags.ToArray())));
}
