using Spectre.Console;

namespace Colonnade.Dev.Size;

/// <summary>How much there is to read in the default solution, against the budgets of the design.</summary>
public static class SizeCommand
{
    /// <summary>Lines of C# that are not blank.</summary>
    private static readonly (string What, int Budget, string[] Folders)[] s_budgets =
    [
        ("what a team edits", 3_700, ["src/Domain", "src/Application", "src/Infrastructure", "src/Api"]),
        ("Platform", 4_000, ["src/Platform"]),
        ("Migrator", 900, ["src/Migrator"]),
        ("hosts", 1_900, ["hosts"]),
        ("Fixtures of tests", 2_500, ["tests/Fixtures"]),
        ("Integration.Tests", 4_500, ["tests/Integration.Tests"]),
    ];

    private static readonly Dictionary<string, int> s_patterns = new() { ["Sagas"] = 800, ["ReadReplicas"] = 600 };

    /// <returns>Exit code: 0 all is within its budget, 1 something is above.</returns>
    public static async Task<int> RunAsync(IAnsiConsole console, CancellationToken cancellationToken)
    {
        using var package = await TemplatePackage.PackAndInstallAsync(_ => { }, cancellationToken);
        using var solution = await package.GenerateAsync(new("Contoso.Payments"), _ => { }, cancellationToken);
        var files = solution.Files().Where(path => path.EndsWith(".cs", StringComparison.Ordinal))
            .Select(path => (Path: path, Lines: File.ReadAllLines(solution.File(path)))).ToArray();
        var table = new Table().AddColumns("what", "is", "budget", "");
        var isWithin = true;

        foreach (var (what, budget, folders) in s_budgets)
        {
            Add($"{what}, lines", folders.Sum(Lines), budget);
        }

        var patterns = Directory.GetDirectories(solution.File("src/Platform")).Select(Path.GetFileName);
        foreach (var pattern in patterns.Order(StringComparer.Ordinal))
        {
            Add($"Platform/{pattern}, lines", Lines($"src/Platform/{pattern}"), s_patterns.GetValueOrDefault(pattern!, 500));
        }

        Add("files of the solution", solution.Files().Count, 330);
        Add("median C# file, lines", files.Select(file => Filled(file.Lines)).Order().ElementAt(files.Length / 2), 40);
        Add($"longest C# file, lines ({files.MaxBy(file => file.Lines.Length).Path})", files.Max(file => file.Lines.Length), 250);
        Add("C# lines above 130 characters", files.Sum(file => file.Lines.Count(line => line.Length > 130)), 0);
        console.Write(table);
        return isWithin ? 0 : 1;

        int Lines(string folder) =>
            files.Where(file => file.Path.StartsWith($"{folder}/", StringComparison.Ordinal)).Sum(file => Filled(file.Lines));

        void Add(string what, int value, int budget)
        {
            isWithin &= value <= budget;
            table.AddRow(what, $"{value:N0}", $"{budget:N0}", value <= budget ? "" : "above");
        }
    }

    private static int Filled(IEnumerable<string> lines) => lines.Count(line => !string.IsNullOrWhiteSpace(line));
}
