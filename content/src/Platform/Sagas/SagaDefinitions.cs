using Application.Sagas;

namespace Platform.Sagas;

/// <summary>The sagas of this build, by name.</summary>
internal sealed class SagaDefinitions
{
    private readonly Dictionary<string, ISaga> _sagas;

    /// <exception cref="InvalidOperationException">A definition cannot be run.</exception>
    public SagaDefinitions(IEnumerable<ISaga> sagas)
    {
        _sagas = sagas.ToDictionary(saga => saga.Name);
        if (_sagas.Values.FirstOrDefault(
            saga => saga.Steps.Count < 2 || saga.Steps.DistinctBy(step => step.Name).Count() < saga.Steps.Count)
            is { } bad)
        {
            throw new InvalidOperationException($"Saga '{bad.Name}' needs two steps or more, each with a different name.");
        }

        Names = [.. _sagas.Keys];
    }

    /// <summary>A run of another name was started by another release, whose instances take it.</summary>
    public string[] Names { get; }

    public ISaga this[string name] => _sagas[name];

    public ISaga Of<TSaga>()
        where TSaga : ISaga => _sagas.Values.OfType<TSaga>().Single();

    /// <summary>Name of the step that a run does or undoes next, as it is stored with the step.</summary>
    public string? StepOf(SagaRun run) => _sagas.GetValueOrDefault(run.Name)?.Steps.ElementAtOrDefault(run.Step) is { } step
        ? run.ErrorCode is null ? step.Name : $"{step.Name}:undo"
        : null;
}
