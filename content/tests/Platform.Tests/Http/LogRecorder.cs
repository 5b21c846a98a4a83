using Microsoft.Extensions.Logging;

namespace Platform.Tests.Http;

/// <summary>Keeps what a service logs as an error.</summary>
internal sealed class LogRecorder : ILoggerProvider
{
    public ConcurrentQueue<string> Errors { get; } = new();

    /// <summary>What has been logged since the last time, a line each.</summary>
    public string Take()
    {
        var lines = new List<string>();
        while (Errors.TryDequeue(out var line))
        {
            lines.Add(line);
        }

        return string.Join('\n', lines);
    }

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Logger(LogRecorder recorder, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                recorder.Errors.Enqueue($"{category}: {formatter(state, exception)} {exception}");
            }
        }
    }
}
