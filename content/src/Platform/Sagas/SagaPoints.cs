using System.Diagnostics;

namespace Platform.Sagas;

/// <summary>Places in the life of a run at which a process may end; at each, another instance must be able to go on.</summary>
public enum SagaPoint
{
    /// <summary>The run is stored, and leased by the instance that started it.</summary>
    Started,

    /// <summary>The run is leased by an instance that found it due.</summary>
    Claimed,

    /// <summary>The transaction of a step has begun.</summary>
    BeforeEffect,

    /// <summary>Step row and effect are written and not committed.</summary>
    AfterEffect,

    /// <summary>Step row and effect are committed on another user's shard; the run does not know it yet.</summary>
    AfterStepCommit,

    /// <summary>A step was refused, and nothing of that is stored.</summary>
    BeforeRefusal,

    /// <summary>The refusal is in the step's row; the run does not know it yet.</summary>
    AfterRefusal,

    /// <summary>The run's next state is written and not committed.</summary>
    BeforeAdvance,

    /// <summary>The run's next state is committed.</summary>
    AfterAdvance,
}

/// <summary>
/// Tells a diagnostic listener of the name "Platform.Sagas" that a point is reached: the event's name is the point's,
/// its value is <c>saga/step</c>, with <c>:undo</c> behind a step that is taken back. So tests can end a process there
/// from outside. Nobody listens in production, and then nothing happens here.
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
