using Colonnade.Dev.Testing;

namespace Template.Tests;

/// <summary>What is around a solution does not change what it is or whether it builds.</summary>
[Trait(Part.Trait, Part.Items)]
public sealed class SurroundingsTests(Generator generator) : IDisposable
{
    /// <summary>No file is imported by mistake without being noticed: these are no XML.</summary>
    private static readonly string[] s_imported =
    [
        "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props",
        "Directory.Solution.props", "Directory.Solution.targets",
    ];

    /// <summary>Has a space and an apostrophe in its name. With a double quote the compiler itself fails.</summary>
    private readonly string _above = Directory.CreateTempSubdirectory("it's above ").FullName;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private string Root => Path.Combine(_above, "Contoso.Payments");

    [Fact]
    public async Task Nothing_is_taken_from_folders_above_and_only_warnings_about_code_are_errors()
    {
        await GenerateAsync(aspire: false);
        PlantHostileFiles();

        // By the solution file, which is what looks for Directory.Solution.props.
        var restored = await DotnetAsync(["restore", "Contoso.Payments.slnx", "--nologo"]);
        Assert.True(restored.ExitCode == 0, restored.Text);
        Assert.Contains("warning NU1507", restored.Text, StringComparison.Ordinal);
        Assert.Contains("warning NU1900", restored.Text, StringComparison.Ordinal);

        var built = await DotnetAsync(["build", "src/Domain", "--no-restore", "--nologo"]);
        Assert.True(built.ExitCode == 0, built.Text);

        await File.WriteAllTextAsync(
            Path.Combine(Root, "src", "Domain", "Warning.cs"),
            "namespace Domain; internal static class Warning { public static void Of() { var unused = 1; } }",
            Cancelled);
        var refused = await DotnetAsync(["build", "src/Domain", "--no-restore", "--nologo"]);
        Assert.Contains("error CS0219", refused.Text, StringComparison.Ordinal);
    }

    /// <summary>Turkish has an I without a dot, so that <c>ToLower</c> and <c>ToUpper</c> give other letters.</summary>
    [Fact]
    public async Task A_Turkish_locale_and_no_home_change_no_name()
    {
        Dictionary<string, string?> environment = new()
        {
            ["LANG"] = "tr_TR.UTF-8",
            ["LC_ALL"] = "tr_TR.UTF-8",
            ["HOME"] = null,
        };
        await GenerateAsync(environment);
        await generator.Package.NewAsync(
            ["colonnade-command", "-n", "issueINVOICE", "--feature", "Invoices"], _ => { }, Cancelled, Root, environment);

        var plain = await generator.GenerateAsync(Flavours.Default);
        Assert.All(plain.Files(), path => Assert.True(File.Exists(Path.Combine(Root, path)), path));
        var endpoint = await File.ReadAllTextAsync(
            Path.Combine(Root, "src", "Api", "Invoices", "IssueINVOICEEndpoint.cs"), Cancelled);
        Assert.Contains("\"/invoices/issue-invoice\"", endpoint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_that_are_there_are_not_overwritten()
    {
        var readme = Path.Combine(Root, "README.md");
        Directory.CreateDirectory(Root);
        await File.WriteAllTextAsync(readme, "ours", Cancelled);

        var refused = await Assert.ThrowsAsync<CommandFailedException>(() => GenerateAsync());

        Assert.Contains("README.md", refused.Message, StringComparison.Ordinal);
        Assert.Equal("ours", await File.ReadAllTextAsync(readme, Cancelled));
        Assert.Single(Directory.EnumerateFileSystemEntries(Root));
    }

    [Fact]
    public async Task Generating_says_what_its_files_govern() =>
        Assert.Contains(
            "govern every project below this folder", (await GenerateAsync()).Text, StringComparison.Ordinal);

    public void Dispose() => Directory.Delete(_above, recursive: true);

    private Task<Outcome> GenerateAsync(IReadOnlyDictionary<string, string?>? environment = null, bool aspire = true) =>
        generator.Package.NewAsync(
            ["colonnade", "-n", "Contoso.Payments", "--aspire", aspire ? "true" : "false", "--no-restore", "-o", Root],
            _ => { },
            Cancelled,
            _above,
            environment);

    private Task<Outcome> DotnetAsync(string[] arguments) => Shell.TryAsync(
        "dotnet", arguments, Root, Cancelled, environment: new Dictionary<string, string?> { ["DOTNET_CLI_UI_LANGUAGE"] = "en" });

    private void PlantHostileFiles()
    {
        foreach (var file in s_imported)
        {
            Plant(file, "<Project");
        }

        Plant("Directory.Build.rsp", "-noSuchSwitch");
        Plant("global.json", """{ "sdk": { "version": "99.0.100", "rollForward": "disable" } }""");
        Plant(".editorconfig", "[*.cs]\ndotnet_diagnostic.CA1515.severity = error\n");
        Plant(".globalconfig", "is_global = true\ndotnet_diagnostic.CA1014.severity = error\n");

        // A second feed, which is away and so gives no audit data.
        Plant(
            "nuget.config",
            """
            <configuration>
              <packageSources><add key="second" value="https://127.0.0.1:9/v3/index.json" /></packageSources>
            </configuration>
            """);
    }

    private void Plant(string file, string text) => File.WriteAllText(Path.Combine(_above, file), text);
}
