using System.Collections.Concurrent;
using System.Diagnostics;
using CliWrap;

namespace Colonnade.Dev;

/// <param name="Output">Standard output and standard error, line by line in the order of arrival.</param>
public sealed record Outcome(int ExitCode, IReadOnlyList<string> Output, TimeSpan Elapsed)
{
    public string Text => string.Join('\n', Output);
}

/// <summary>A command ended with an exit code that was not expected. The message holds the end of its output.</summary>
public sealed class CommandFailedException(string command, Outcome outcome)
    : Exception($"'{command}' ended with exit code {outcome.ExitCode}:\n{string.Join('\n', outcome.Output.TakeLast(60))}")
{
    public Outcome Outcome => outcome;
}

/// <summary>
/// Runs programs. When cancelled, a program has a moment to end by itself, since Ctrl-C in a terminal reaches it too;
/// then it is interrupted, and at last killed with its children.
/// </summary>
public static class Shell
{
    private static readonly TimeSpan s_untilInterrupt = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_untilKill = TimeSpan.FromSeconds(30);

    /// <summary>Runs a command to its end.</summary>
    /// <exception cref="CommandFailedException">It ended with another exit code than 0.</exception>
    public static async Task<Outcome> RunAsync(
        string program,
        IEnumerable<string> arguments,
        string directory,
        CancellationToken cancellationToken,
        Action<string>? line = null,
        IReadOnlyDictionary<string, string?>? environment = null)
    {
        var all = arguments.ToArray();
        var outcome = await TryAsync(program, all, directory, cancellationToken, line, environment);
        return outcome.ExitCode == 0
            ? outcome
            : throw new CommandFailedException($"{program} {string.Join(' ', all)}", outcome);
    }

    /// <summary>Runs a command to its end, whatever its exit code.</summary>
    public static async Task<Outcome> TryAsync(
        string program,
        IEnumerable<string> arguments,
        string directory,
        CancellationToken cancellationToken,
        Action<string>? line = null,
        IReadOnlyDictionary<string, string?>? environment = null)
    {
        using var interrupt = new CancellationTokenSource();
        using var kill = new CancellationTokenSource();
        await using var cancellation = cancellationToken.Register(() =>
        {
            interrupt.CancelAfter(s_untilInterrupt);
            kill.CancelAfter(s_untilKill);
        });
        var output = new ConcurrentQueue<string>();
        var pipe = PipeTarget.ToDelegate(text =>
        {
            output.Enqueue(text);
            line?.Invoke(text);
        });
        var started = Stopwatch.GetTimestamp();
        var result = await Cli.Wrap(program)
            .WithArguments(arguments)
            .WithWorkingDirectory(directory)
            .WithEnvironmentVariables(variables =>
            {
                // Build nodes that outlive their build would outlive this program too.
                variables.Set("MSBUILDDISABLENODEREUSE", "1").Set("DOTNET_CLI_TELEMETRY_OPTOUT", "1").Set("DOTNET_NOLOGO", "1");
                foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
                {
                    variables.Set(name, value);
                }
            })
            .WithValidation(CommandResultValidation.None)
            .WithStandardOutputPipe(pipe)
            .WithStandardErrorPipe(pipe)
            .ExecuteAsync(kill.Token, interrupt.Token);
        cancellationToken.ThrowIfCancellationRequested();
        return new Outcome(result.ExitCode, [.. output], Stopwatch.GetElapsedTime(started));
    }
}
