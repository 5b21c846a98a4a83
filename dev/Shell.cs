using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;
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
/// then it is asked to end, and at last killed with its children.
/// </summary>
public static partial class Shell
{
    private static readonly TimeSpan s_untilAsked = TimeSpan.FromSeconds(3);
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
        using var ask = new CancellationTokenSource();
        using var kill = new CancellationTokenSource();
        await using var cancellation = cancellationToken.Register(() =>
        {
            ask.CancelAfter(s_untilAsked);
            kill.CancelAfter(s_untilKill);
        });
        var output = new ConcurrentQueue<string>();
        var pipe = PipeTarget.ToDelegate(raw =>
        {
            // Colours of a terminal are no characters of a report.
            var text = ControlSequence().Replace(raw, "");
            output.Enqueue(text);
            line?.Invoke(text);
        });
        var started = Stopwatch.GetTimestamp();
        var running = Cli.Wrap(program)
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
            .ExecuteAsync(kill.Token);
        await using var asking = ask.Token.Register(() => AskToEnd(running.ProcessId));
        var result = await running;
        cancellationToken.ThrowIfCancellationRequested();
        return new Outcome(result.ExitCode, [.. output], Stopwatch.GetElapsedTime(started));
    }

    [GeneratedRegex(@"\x1b\[[0-9;]*[A-Za-z]|[\x00-\x08\x0b-\x1f]")]
    private static partial Regex ControlSequence();

    /// <summary>Sends SIGTERM. Not SIGINT, which a program that a script put into the background ignores.</summary>
    private static void AskToEnd(int processId)
    {
        if (!OperatingSystem.IsWindows())
        {
            using var _ = Process.Start("kill", ["-TERM", $"{processId}"]);
        }
    }
}
