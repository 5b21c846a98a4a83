using System.Xml.Linq;
using Colonnade.Dev.Testing;

namespace Colonnade.Dev;

public sealed record SolutionOptions(string Name, bool Aspire = true, bool Sample = true, bool PlatformTests = true)
{
    /// <summary>What it is built as: Debug, as people build while they work, or Release.</summary>
    public string Configuration { get; init; } = "Debug";

    public IReadOnlyList<string> Arguments => ["-n", Name, .. Options];

    private IEnumerable<string> Options =>
    [
        .. Aspire ? [] : new[] { "--aspire", "false" },
        .. Sample ? [] : new[] { "--sample", "false" },
        .. PlatformTests ? [] : new[] { "--platform-tests", "false" },
    ];

    public override string ToString() => string.Join(' ', [Name, .. Options]);
}

/// <summary>A solution that the template generated, in a directory that goes away with it.</summary>
public sealed class GeneratedSolution : IDisposable
{
    /// <summary>Twice what the longest suite takes on two cores. Past it something hangs, and the report tells what ran.</summary>
    private const string TestLimit = "45m";

    private readonly TemplatePackage _package;
    private readonly string _parent = Directory.CreateTempSubdirectory("colonnade-").FullName;

    internal GeneratedSolution(TemplatePackage package, SolutionOptions options)
    {
        _package = package;
        Options = options;
        if (!OperatingSystem.IsWindows())
        {
            // Started by root, LocalHost's PostgreSQL runs as another user, who must get through to its data.
            System.IO.File.SetUnixFileMode(
                _parent, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        }
    }

    public SolutionOptions Options { get; }

    public string Root => Path.Combine(_parent, Options.Name);

    public string SolutionFile => File($"{Options.Name}.slnx");

    /// <summary>How assembly names begin: the solution's name with what C# does not allow replaced.</summary>
    public string AssemblyPrefix => XDocument.Load(File("Directory.Build.props"))
        .Descendants("AssemblyName").Single().Value.Replace("$(MSBuildProjectName)", "", StringComparison.Ordinal);

    public string File(string path) => Path.Combine(Root, path);

    /// <summary>Paths of all files below the root, with slashes, sorted; nothing that a build or a run left.</summary>
    public IReadOnlyList<string> Files() =>
    [
        .. Directory.EnumerateFiles(Root, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
            .Where(path => !path.Split('/').Any(part => part is "bin" or "obj" or ".local" or "TestResults"))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Such as <c>tests/Domain.Tests</c>.</summary>
    public IEnumerable<string> TestProjects =>
        Directory.GetDirectories(File("tests"), "*.Tests").Order(StringComparer.Ordinal).Select(path => $"tests/{Path.GetFileName(path)}");

    /// <summary>Writes a file, or replaces one, until the result is disposed.</summary>
    public IDisposable Plant(string path, string text)
    {
        var file = File(path);
        var before = System.IO.File.Exists(file) ? System.IO.File.ReadAllText(file) : null;
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        System.IO.File.WriteAllText(file, text);
        return new Planted(() =>
        {
            if (before is null)
            {
                System.IO.File.Delete(file);
            }
            else
            {
                System.IO.File.WriteAllText(file, before);
            }
        });
    }

    /// <summary>Builds the solution, or one project of it, with warnings as errors.</summary>
    /// <exception cref="CommandFailedException">It does not build.</exception>
    public Task<Outcome> BuildAsync(Action<string> line, CancellationToken cancellationToken, string? project = null) =>
        Shell.RunAsync(
            "dotnet",
            ["build", project is null ? SolutionFile : File(project), "-c", Options.Configuration, "-warnaserror", "--nologo", "-v", "minimal", "-maxcpucount"],
            Root, cancellationToken, line, _package.CompilerServer);

    /// <summary>Runs an item template, such as <c>colonnade-command</c>, in the solution's root.</summary>
    public Task<Outcome> AddAsync(Action<string> line, CancellationToken cancellationToken, params IEnumerable<string> arguments) =>
        _package.NewAsync(arguments, line, cancellationToken, Root);

    /// <summary>Runs a built test project as its users do: by <c>dotnet test</c>, or, Platform.Tests, as a program.</summary>
    /// <param name="project">Such as <c>tests/Domain.Tests</c>.</param>
    /// <param name="method">Runs only test methods whose full name matches; <c>*</c> at either end.</param>
    /// <param name="report">File to write the report to; a temporary one if null.</param>
    public async Task<TestRun> TestAsync(
        string project,
        Action<string> line,
        CancellationToken cancellationToken,
        string? method = null,
        string? report = null,
        IReadOnlyDictionary<string, string?>? environment = null)
    {
        report ??= Path.Combine(_parent, "reports", $"{Guid.NewGuid():N}.trx");
        Directory.CreateDirectory(Path.GetDirectoryName(report)!);
        string[] arguments = Path.GetFileName(project) == "Platform.Tests"
            ? ["exec", Assembly(project), "-noColor", "-noLogo", "-result-trx", report, .. method is null ? [] : new[] { "-method", method }]
            :
            [
                "test", "--project", project, "--no-build", "--timeout", TestLimit,
                "--results-directory", Path.GetDirectoryName(report)!,
                "--report-xunit-trx", "--report-xunit-trx-filename", Path.GetFileName(report),
                .. method is null ? [] : new[] { "--filter-method", method },
            ];
        var outcome = await Shell.TryAsync("dotnet", arguments, Root, cancellationToken, line, environment);
        return TestRun.Read($"{Path.GetFileName(project)} of {Options}", report, outcome);
    }

    /// <summary>Path of the assembly that a project builds to.</summary>
    public string Assembly(string project) =>
        Path.Combine(Root, project, "bin", Options.Configuration, "net10.0", $"{AssemblyPrefix}{Path.GetFileName(project)}.dll");

    public void Dispose() => Directory.Delete(_parent, recursive: true);

    private sealed class Planted(Action remove) : IDisposable
    {
        public void Dispose() => remove();
    }
}
