using System.Globalization;
using Spectre.Console;

namespace Colonnade.Dev.Testing;

/// <summary>
/// Runs the integration tests of the default solution again and again, each time in another order, and every second time
/// with one processor busy with something else. A test that fails now and then fails here.
/// </summary>
public static class RepeatCommand
{
    private const string Project = "tests/Integration.Tests";

    /// <summary>Null when the arguments are wrong.</summary>
    public static int? ParseRuns(IReadOnlyList<string> arguments) => arguments switch
    {
        [] => 20,
        ["--runs", var text] when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var runs) && runs > 0 => runs,
        _ => null,
    };

    /// <returns>Exit code: 0 when no test failed in any run.</returns>
    public static async Task<int> RunAsync(int runs, IAnsiConsole console, CancellationToken cancellationToken)
    {
        var steps = new Steps(console);
        await Prerequisites.EnsureAsync(steps, text => console.MarkupLineInterpolated($"{text}"), cancellationToken);
        using var package = await steps.MakeAsync("Pack and install", () => TemplatePackage.PackAndInstallAsync(_ => { }, cancellationToken));
        using var solution = await steps.MakeAsync(
            "Generate", () => package.GenerateAsync(new SolutionOptions("Contoso.Payments"), _ => { }, cancellationToken));
        await steps.RunAsync($"Build {Project}", line => solution.BuildAsync(line, cancellationToken, Project));

        var failed = 0;
        for (var run = 1; run <= runs; run++)
        {
            var isBusy = run % 2 == 0;
            using var done = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            if (isBusy)
            {
                new Thread(() => Burn(done.Token)) { IsBackground = true }.Start();
            }

            TestRun? result = null;
            await steps.RunAsync($"Run {run} of {runs}, order {run}{(isBusy ? ", one processor busy" : "")}", async line =>
            {
                result = await solution.TestAsync(
                    Project, line, cancellationToken,
                    environment: new Dictionary<string, string?> { ["TEST_ORDER"] = run.ToString(CultureInfo.InvariantCulture) });
                return result.Counts;
            });
            await done.CancelAsync();
            foreach (var test in result!.Failed)
            {
                console.WriteLine($"  FAILED {test.Name}\n    {test.Reason.ReplaceLineEndings("\n    ")}");
            }

            failed += result.Succeeded ? 0 : 1;
        }

        console.WriteLine($"{runs - failed} of {runs} runs without a failure");
        return failed == 0 ? 0 : 1;

        static void Burn(CancellationToken done)
        {
            while (!done.IsCancellationRequested)
            {
            }
        }
    }
}
