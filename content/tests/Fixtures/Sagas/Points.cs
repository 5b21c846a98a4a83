using Platform.Sagas;

namespace Fixtures;

/// <summary>Tests that run the test's sagas. They take turns, since <see cref="Points"/> hears those of all of them.</summary>
public sealed class TestSagas;

/// <summary>Hears at which points the sagas of this process are.</summary>
internal sealed class Points : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>, IDisposable
{
    private readonly List<IDisposable> _subscriptions = [];
    private readonly Action<SagaPoint, string> _reached;

    /// <param name="reached">May throw or wait, and gets <c>saga/step</c>.</param>
    public Points(Action<SagaPoint, string> reached)
    {
        _reached = reached;
        _subscriptions.Add(DiagnosticListener.AllListeners.Subscribe(this));
    }

    public void OnNext(DiagnosticListener value)
    {
        if (value.Name == SagaPoints.ListenerName)
        {
            _subscriptions.Add(value.Subscribe(this));
        }
    }

    public void OnNext(KeyValuePair<string, object?> value) => _reached(Enum.Parse<SagaPoint>(value.Key), (string)value.Value!);

    public void OnCompleted()
    {
    }

    public void OnError(Exception error)
    {
    }

    public void Dispose() => _subscriptions.ForEach(subscription => subscription.Dispose());
}
