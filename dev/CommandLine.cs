using System.Runtime.InteropServices;
using Colonnade.Dev.Bench;
using Colonnade.Dev.Chaos;
using Colonnade.Dev.Demo;
using Colonnade.Dev.Size;
using Colonnade.Dev.Testing;
using Spectre.Console;

namespace Colonnade.Dev;

public static class CommandLine
{
    private const string Usage = """
        dotnet dev.cs VERB

          demo [--once] [--no-aspire]
                               Pack and install the template, generate a service, start its AppHost, which runs a primary,
                               a replica and Redis, and walk through its patterns. It stays up with its dashboard until
                               Ctrl-C; with --once it ends after the walk. --no-aspire: a service that LocalHost runs.
          test                 Run the usual check of a change: the template's own tests, and those that it generates.
          test --all           Run every test, also the long ones: faults, containers, browser.
          test --only PART,…   Run some parts.
          repeat [--runs N]    Run the integration tests of the default solution N times (20), each time in another order,
                               every second time with one processor busy: a test that fails now and then fails here.
          bench [--rows KEY,…] [--rounds N] [--seconds N] [--write]
                               Generate a service, build it for release, and measure it against floors that take turns
                               with it. With --write the result goes to docs/performance.
          chaos [--minutes N] [--seed S]
                               Generate a service and run its bank test for long: people move money while servers,
                               instances and connections break. Prints what was done and whether every invariant holds.
          size                 Count what a generated solution gives to read, against the budgets of the design.
          pack                 Pack the template into artifacts/.
          help                 Show this text.
        """;

    /// <returns>Exit code: 0 all went well, 1 something failed, 2 wrong usage, 130 cancelled.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        using var stop = new CancellationTokenSource();
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        var console = AnsiConsole.Console;
        if (Console.IsOutputRedirected)
        {
            // A line of a log is as long as it is; only a terminal has an edge to wrap at.
            console.Profile.Width = short.MaxValue;
        }

        try
        {
            return args switch
            {
                ["demo", .. var options] when options.All(option => option is "--once" or "--no-aspire") =>
                    await DemoCommand.RunAsync(options.Contains("--once"), !options.Contains("--no-aspire"), console, stop.Token),
                ["test", .. var options] when TestOptions.Parse(options) is { } test =>
                    await TestCommand.RunAsync(test, console, stop.Token),
                ["repeat", .. var options] when RepeatCommand.ParseRuns(options) is { } runs =>
                    await RepeatCommand.RunAsync(runs, console, stop.Token),
                ["bench", .. var options] when BenchOptions.Parse(options) is { } bench =>
                    await BenchCommand.RunAsync(bench, console, stop.Token),
                ["chaos", .. var options] when ChaosOptions.Parse(options) is { } chaos =>
                    await ChaosCommand.RunAsync(chaos, console, stop.Token),
                ["size"] => await SizeCommand.RunAsync(console, stop.Token),
                ["pack"] => await PackAsync(console, stop.Token),
                ["help"] => Help(console, 0),
                _ => Help(console, 2),
            };
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("Cancelled.");
            return 130;
        }
        catch (Exception exception) when (exception is CommandFailedException or PrerequisiteMissingException or DemoFailedException or BenchFailedException)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return 1;
        }

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }

    private static int Help(IAnsiConsole console, int exitCode)
    {
        console.WriteLine(Usage);
        console.WriteLine("\nParts of test (* only with --all):");
        foreach (var part in Part.All)
        {
            console.WriteLine($"  {part.Key,-22}{(part.IsUsual ? " " : "*")} {part.What}");
        }

        console.WriteLine($"\nRows of the bench: {string.Join(", ", BenchCommand.Keys)}");
        return exitCode;
    }

    private static async Task<int> PackAsync(IAnsiConsole console, CancellationToken cancellationToken)
    {
        await new Steps(console).RunAsync(
            "Pack", line => TemplatePackage.PackAsync(Repository.File("artifacts"), line, cancellationToken));
        return 0;
    }
}
