using Colonnade.Dev.Testing;
using Spectre.Console;
using Template.Tests;
using Xunit.Sdk;
using Xunit.v3;

[assembly: Parallelization(Mode = ParallelMode.None)]
[assembly: AssemblyFixture(typeof(Generator))]

namespace Template.Tests;

/// <summary>
/// The packed and installed template, and the solutions that tests have it generate. A solution is generated, and built,
/// once for all tests that ask for the same options; a test leaves it as it was.
/// </summary>
public sealed class Generator : IAsyncLifetime
{
    private readonly Steps _steps = new(AnsiConsole.Create(new AnsiConsoleSettings
    {
        Ansi = AnsiSupport.No,
        Interactive = InteractionSupport.No,
        Out = new PlainOutput(),
    }));

    private readonly Dictionary<SolutionOptions, GeneratedSolution> _generated = [];
    private readonly Dictionary<SolutionOptions, Task> _built = [];

    public TemplatePackage Package { get; private set; } = null!;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await _steps.RunAsync(
        "Pack and install", async line => Package = await TemplatePackage.PackAndInstallAsync(line, Cancelled));

    public async Task<GeneratedSolution> GenerateAsync(SolutionOptions options)
    {
        if (!_generated.TryGetValue(options, out var solution))
        {
            solution = await Package.GenerateAsync(options, _ => { }, Cancelled);
            _generated.Add(options, solution);
        }

        return solution;
    }

    /// <summary>A solution of which all projects are built, with warnings as errors.</summary>
    public async Task<GeneratedSolution> BuildAsync(SolutionOptions options)
    {
        var solution = await GenerateAsync(options);
        if (!_built.TryGetValue(options, out var build))
        {
            build = _steps.RunAsync($"Build {options}", line => solution.BuildAsync(line, Cancelled));
            _built.Add(options, build);
        }

        await build; // One that failed fails every test that needs it.
        return solution;
    }

    /// <summary>Shows a result that is of interest also when a test passes.</summary>
    public static void Note(string text) => Console.WriteLine($"{Steps.Done}  {text}");

    /// <summary>Shows a long step of a test and how long it takes.</summary>
    public Task StepAsync(string title, Func<Action<string>, Task> work) => _steps.RunAsync(title, work);

    /// <summary>Builds a solution, runs a suite of it, and asserts that all its tests ran and passed.</summary>
    /// <param name="suite">Such as <c>Domain.Tests</c>.</param>
    /// <param name="method">Runs only test methods whose full name matches; <c>*</c> at either end.</param>
    public async Task PassesAsync(SolutionOptions options, string suite, string? method = null)
    {
        var run = await TestAsync(await BuildAsync(options), $"tests/{suite}", method);
        // What failed and why is in the suite's own report.
        Assert.True(run.Succeeded, run.Failed.Any() ? string.Join('\n', run.Failed.Select(test => test.Method)) : run.Process.Text);
        if (options == Flavours.Default && method is null)
        {
            Assert.Equal(TestNames.Of(suite), run.Tests.Select(test => TestNames.Short(test.Method)).Distinct().Order(StringComparer.Ordinal));
        }
    }

    /// <summary>Runs a built test project and has its result counted as a suite of its own.</summary>
    public async Task<TestRun> TestAsync(GeneratedSolution solution, string project, string? method = null)
    {
        TestRun? run = null;
        var suite = $"{Path.GetFileName(project)} of {solution.Options}";
        await _steps.RunAsync(suite, async line =>
        {
            run = await solution.TestAsync(
                project,
                text =>
                {
                    line(text);
                    // At once, so that it is in the log of a run that is cut off later.
                    if (text.StartsWith("failed ", StringComparison.Ordinal) || text.EndsWith(" [FAIL]", StringComparison.Ordinal))
                    {
                        Console.WriteLine($"{Steps.Failed}  {suite}: {text.Trim()}");
                    }
                },
                Cancelled,
                method,
                TestReports.FileFor(suite));
            return run.Counts;
        });
        return run!;
    }

    public ValueTask DisposeAsync()
    {
        foreach (var solution in _generated.Values)
        {
            solution.Dispose();
        }

        Package.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Standard output without an edge to wrap lines at.</summary>
    private sealed class PlainOutput : IAnsiConsoleOutput
    {
        public TextWriter Writer => Console.Out;

        public bool IsTerminal => false;

        public int Width => short.MaxValue;

        public int Height => 24;

        public void SetEncoding(System.Text.Encoding encoding)
        {
        }
    }
}
