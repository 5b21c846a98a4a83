namespace Platform.Sagas;

/// <summary>What the engine says in the log.</summary>
internal sealed partial class SagaEngine
{
    [LoggerMessage(LogLevel.Debug, "Saga {Saga} {Id} is worked on by somebody else.")]
    private partial void LogLost(string saga, Guid id);

    [LoggerMessage(LogLevel.Warning, "Step {Step} of saga {Saga} {Id} failed and will be tried again.")]
    private partial void LogFailed(Exception exception, string saga, Guid id, string? step);

    [LoggerMessage(LogLevel.Error, "Saga {Saga} {Id} is dead: {Failure}")]
    private partial void LogDead(string saga, Guid id, string? failure);

    [LoggerMessage(LogLevel.Error, "Saga {Saga} {Id} is dead.")]
    private partial void LogDeadWith(Exception exception, string saga, Guid id);

    [LoggerMessage(LogLevel.Debug, "Saga {Saga} {Id} was not given back; its lease will run out.")]
    private partial void LogNotReleased(Exception exception, string saga, Guid id);
}
