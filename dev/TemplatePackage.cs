using System.Diagnostics;

namespace Colonnade.Dev;

/// <summary>The template as people get it: packed, and installed into a hive of its own that nothing else sees.</summary>
public sealed class TemplatePackage : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("colonnade-package-").FullName;

    private TemplatePackage()
    {
    }

    public string File { get; private set; } = "";

    /// <summary>
    /// Environment in which builds share a compiler process, which makes a build after the first one two to three times as
    /// fast. It is the process of this package alone: its pipe is in this temporary directory.
    /// </summary>
    public IReadOnlyDictionary<string, string?> CompilerServer => new Dictionary<string, string?>
    {
        ["UseSharedCompilation"] = "true",
        ["TMPDIR"] = Directory.CreateDirectory(Path.Combine(_directory, "tmp")).FullName,
    };

    private string Hive => Path.Combine(_directory, "hive");

    /// <summary>Packs to <paramref name="directory"/>.</summary>
    /// <returns>The package's path.</returns>
    public static async Task<string> PackAsync(string directory, Action<string> line, CancellationToken cancellationToken)
    {
        await Shell.RunAsync(
            "dotnet", ["pack", Repository.File("Template.csproj"), "--nologo", "-v", "minimal", "-o", directory],
            Repository.Root, cancellationToken, line);
        return Directory.EnumerateFiles(directory, "Colonnade.Templates.*.nupkg").MaxBy(System.IO.File.GetLastWriteTimeUtc)!;
    }

    public static async Task<TemplatePackage> PackAndInstallAsync(Action<string> line, CancellationToken cancellationToken)
    {
        var package = new TemplatePackage();
        try
        {
            package.File = await PackAsync(package._directory, line, cancellationToken);
            await package.NewAsync(["install", package.File], line, cancellationToken);
            return package;
        }
        catch
        {
            package.Dispose();
            throw;
        }
    }

    /// <summary>Runs <c>dotnet new</c> with this package's hive.</summary>
    public Task<Outcome> NewAsync(
        IEnumerable<string> arguments,
        Action<string> line,
        CancellationToken cancellationToken,
        string? directory = null,
        IReadOnlyDictionary<string, string?>? environment = null) =>
        Shell.RunAsync(
            "dotnet", ["new", .. arguments, "--debug:custom-hive", Hive], directory ?? _directory, cancellationToken, line, environment);

    /// <summary>Generates a solution in a directory of its own, named as <c>dotnet new</c> would name it.</summary>
    public async Task<GeneratedSolution> GenerateAsync(
        SolutionOptions options, Action<string> line, CancellationToken cancellationToken)
    {
        var solution = new GeneratedSolution(this, options);
        try
        {
            await NewAsync(["colonnade", .. options.Arguments, "--no-restore", "-o", solution.Root], line, cancellationToken);
            return solution;
        }
        catch
        {
            solution.Dispose();
            throw;
        }
    }

    /// <summary>Ends the compiler process as well.</summary>
    public void Dispose()
    {
        var shutdown = new ProcessStartInfo("dotnet", ["build-server", "shutdown", "--vbcscompiler"]) { RedirectStandardOutput = true };
        foreach (var (name, value) in CompilerServer)
        {
            shutdown.Environment[name] = value;
        }

        using (var process = Process.Start(shutdown)!)
        {
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
        }

        Directory.Delete(_directory, recursive: true);
    }
}
