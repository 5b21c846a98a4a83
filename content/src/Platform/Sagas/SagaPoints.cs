using System.Diagnostics;

namespace Platform.Sagas;

/// <summary>Points at which a process may end; after each, another instance must be able to go on with the run.</summary>
public enum SagaPoint
{
    /// <summary>The run is stored, and leased by the instance that started it.</summary>
    Started,

    /// <summary>The run is leased by an instance that found it due.</summary>
    Claimed,

    BeforeEffect,

    /// <summary>Step row and effect are written and not committed.</summary>
    AfterEffect,

    /// <summary>Step row and effect are committed on another user's shard; the run does not know it yet.</summary>
    AfterStepCommit,

    BeforeRefusal,

    /// <summary>The refusal is in the step's row; the run does not know it yet.</summary>
    AfterRefusal,

    /// <summary>The run's next state is written and not committed.</summary>
    BeforeAdvance,

    AfterAdvance,
}

/// <summary>
/// Tells a diagnostic listener that a point is reached, so that tests can end a process there. The event's name is the
/// point's, its value is <c>saga/step</c>, with <c>:undo</c> behind a step that is taken back.
/// </summary>
public static class SagaPoints
{
    public const string ListenerName = "Platform.Sagas";

    private static readonly DiagnosticListener Listener = new(ListenerName);

    internal static void Reached(SagaPoint point, string saga, string? step)
    {
        if (Listener.IsEnabled())
        {
            Listener.Write($"{point}", $"{saga}/{step}");
        }
    }
}
