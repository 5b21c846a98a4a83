using System.Diagnostics;
using System.Xml.Linq;
using Spectre.Console;

namespace Colonnade.Dev.Testing;

/// <summary>Runs the template's tests, which run those of the solutions they generate, and adds them all up.</summary>
public static class TestCommand
{
    private const string Project = "tests/Template.Tests";
    private const string TraitsFile = "Template.Tests.xml";
    private const int ReasonLines = 8;
    private const int ReasonWidth = 200;

    /// <returns>Exit code.</returns>
    public static async Task<int> RunAsync(TestOptions options, IAnsiConsole console, CancellationToken cancellationToken)
    {
        var started = Stopwatch.StartNew();
        var steps = new Steps(console);
        await Prerequisites.EnsureAsync(steps, text => console.MarkupLineInterpolated($"{text}"), cancellationToken);
        await steps.RunAsync($"Build {Project}", line => Shell.RunAsync(
            "dotnet", ["build", Project, "-warnaserror", "--nologo", "-v", "minimal"], Repository.Root, cancellationToken, line));

        var reports = Directory.CreateTempSubdirectory("colonnade-reports-").FullName;
        try
        {
            var own = await RunOwnAsync(reports, options, steps, console, cancellationToken);
            TestRun[] generated = [.. Directory.EnumerateFiles(reports, "*.trx")
                .Select(file => (Suite: Path.GetFileNameWithoutExtension(file), File: file))
                .Where(report => report.Suite != own.Suite)
                .OrderBy(report => report.Suite, StringComparer.Ordinal)
                .Select(report => TestRun.Read(report.Suite, report.File, new Outcome(0, [], TimeSpan.Zero)))];
            var succeeded = Summarize([own, .. generated], console);
            WriteParts(options, PartTimes(reports), started.Elapsed, console);
            WriteFailures([own, .. generated], console);
            WriteSum([own, .. generated], console);
            return succeeded ? 0 : 1;
        }
        finally
        {
            Directory.Delete(reports, recursive: true);
        }
    }

    private static async Task<TestRun> RunOwnAsync(
        string reports, TestOptions options, Steps steps, IAnsiConsole console, CancellationToken cancellationToken)
    {
        var report = Path.Combine(reports, "Template.Tests.trx");
        var filter = options.Parts.SelectMany(part => new[] { "-trait", $"{Part.Trait}={part.Key}" });
        TestRun? run = null;
        await steps.RunAsync("Template.Tests", async detail =>
        {
            var outcome = await Shell.TryAsync(
                "dotnet",
                ["exec", $"{Project}/bin/Debug/net10.0/Template.Tests.dll", "-noColor", "-noLogo", "-result-trx", report, "-result-xml", Path.Combine(reports, TraitsFile), .. filter],
                Repository.Root,
                cancellationToken,
                line =>
                {
                    detail(line);
                    if (line.StartsWith(Steps.Done, StringComparison.Ordinal) || line.StartsWith(Steps.Failed, StringComparison.Ordinal))
                    {
                        console.WriteLine($"  {line}");
                    }
                },
                new Dictionary<string, string?> { [TestReports.DirectoryVariable] = reports });
            run = TestRun.Read("Template.Tests", report, outcome);
            return run.Counts;
        });
        return run!;
    }

    /// <summary>Seconds that the tests of each part took, from xUnit's own report, which has the traits.</summary>
    private static ILookup<string, double> PartTimes(string reports)
    {
        var file = Path.Combine(reports, TraitsFile);
        return (from test in File.Exists(file) ? XDocument.Load(file).Descendants("test") : []
                from trait in test.Descendants("trait")
                where (string?)trait.Attribute("name") == Part.Trait
                select (Part: (string)trait.Attribute("value")!, Seconds: (double?)test.Attribute("time") ?? 0))
            .ToLookup(test => test.Part, test => test.Seconds);
    }

    /// <summary>Which parts ran, and how long the tests of each took.</summary>
    private static void WriteParts(TestOptions options, ILookup<string, double> times, TimeSpan elapsed, IAnsiConsole console)
    {
        console.WriteLine();
        foreach (var part in Part.All)
        {
            var time = options.Parts.Contains(part)
                ? $"{times[part.Key].Sum(),6:0} s"
                : part.IsUsual ? " not asked" : "   --all";
            console.WriteLine($"{part.Key,-22} {time,10}  {part.What}");
        }

        console.WriteLine($"{"total",-22} {elapsed.TotalSeconds,8:0} s");
    }

    /// <summary>Tells what failed and what was left out.</summary>
    private static bool Summarize(IReadOnlyList<TestRun> runs, IAnsiConsole console)
    {
        console.WriteLine();
        foreach (var run in runs)
        {
            console.WriteLine($"{(run.Succeeded ? "ok    " : "FAILED")}  {run.Suite}: {run.Counts}");
        }

        foreach (var (run, test) in runs.SelectMany(run => run.Skipped.Select(test => (run, test))))
        {
            console.WriteLine($"\nSkipped, {run.Suite}: {test.Name}\n  {test.Reason}");
        }

        foreach (var (run, test) in runs.SelectMany(run => run.Failed.Select(test => (run, test))))
        {
            console.WriteLine($"\nFAILED, {run.Suite}: {test.Name}\n  {test.Reason.ReplaceLineEndings("\n  ")}");
        }

        foreach (var run in runs.Where(run => !run.Succeeded && !run.Failed.Any()))
        {
            console.WriteLine(run.Passed.Any()
                ? $"\nFAILED, {run.Suite}: its runner ended with exit code {run.Process.ExitCode}.\n{run.Process.Text}"
                : $"\nFAILED, {run.Suite}: no test was executed.\n{run.Process.Text}");
        }

        console.WriteLine("\nSlowest tests:");
        foreach (var (run, test) in runs.Where(run => run != runs[0]).DefaultIfEmpty(runs[0])
            .SelectMany(run => run.Tests.Select(test => (run, test)))
            .OrderByDescending(one => one.test.Duration).Take(10))
        {
            console.WriteLine($"{test.Duration.TotalSeconds,7:0.0} s  {test.Name}, {run.Suite}");
        }

        return runs.All(run => run.Succeeded);
    }

    /// <summary>Once more and short, so that the end of a log tells what failed and why.</summary>
    private static void WriteFailures(IReadOnlyList<TestRun> runs, IAnsiConsole console)
    {
        foreach (var run in runs.Where(run => !run.Succeeded))
        {
            console.WriteLine($"\nFAILED, {run.Suite}:");
            if (!run.Failed.Any())
            {
                console.WriteLine($"  Its runner ended with exit code {run.Process.ExitCode}.");
            }

            foreach (var test in run.Failed)
            {
                console.WriteLine($"  {test.Name}");
                var lines = test.Reason.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
                foreach (var line in lines.Take(ReasonLines))
                {
                    console.WriteLine($"    {line[..Math.Min(line.Length, ReasonWidth)]}");
                }
            }
        }
    }

    private static void WriteSum(IReadOnlyList<TestRun> runs, IAnsiConsole console)
    {
        var skipped = runs.Sum(run => run.Skipped.Count());
        console.WriteLine();
        console.WriteLine(
            $"{runs.Sum(run => run.Passed.Count())} passed, {runs.Sum(run => run.Failed.Count())} failed{(skipped == 0 ? "" : $", {skipped} skipped")}");
    }
}
