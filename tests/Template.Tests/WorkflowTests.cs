using System.Text.RegularExpressions;
using Colonnade.Dev.Testing;

namespace Template.Tests;

/// <summary>The generated CI.</summary>
[Trait(Part.Trait, Part.Template)]
public sealed partial class WorkflowTests(Generator generator)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Actions_are_pinned_by_commit()
    {
        var solution = await generator.GenerateAsync(Flavours.Default);
        var workflows = Directory.EnumerateFiles(solution.File(".github/workflows")).SelectMany(File.ReadLines);
        var uses = workflows.Where(line => line.Contains("uses:", StringComparison.Ordinal)).ToList();

        Assert.NotEmpty(uses);
        Assert.All(uses, line => Assert.Matches(Pinned(), line));
    }

    /// <summary>Both test jobs cache packages and keep their reports, and no failure is passed over.</summary>
    [Theory]
    [InlineData(
        "build.yml",
        "dotnet format whitespace . --folder --verify-no-changes", "dotnet build", "dotnet test --no-build",
        "--results-directory TestResults",
        "docker build -f deploy/Dockerfile --target api .", "docker build -f deploy/Dockerfile --target migrator .")]
    [InlineData("platform.yml", "dotnet run --project tests/Platform.Tests", "-result-trx TestResults/")]
    public async Task Each_job_does_its_part(string workflow, params string[] commands)
    {
        var solution = await generator.GenerateAsync(Flavours.Default);
        var text = await File.ReadAllTextAsync(solution.File($".github/workflows/{workflow}"), Cancelled);

        Assert.All(
            commands.Concat(["cache: true", "if: always()", "path: TestResults", "actions/upload-artifact@", "contents: read"]),
            part => Assert.Contains(part, text, StringComparison.Ordinal));
        Assert.DoesNotContain("continue-on-error", text, StringComparison.Ordinal);
        var stages = await File.ReadAllTextAsync(solution.File("deploy/Dockerfile"), Cancelled);
        Assert.All(
            DockerTarget().Matches(text),
            target => Assert.Contains($" AS {target.Groups["stage"].Value}\n", stages, StringComparison.Ordinal));
        Assert.All(
            ProjectPath().Matches(text), project => Assert.True(Directory.Exists(solution.File(project.Groups["path"].Value))));
    }

    [Fact]
    public async Task Dependencies_of_every_kind_are_kept_up_to_date()
    {
        var solution = await generator.GenerateAsync(Flavours.Default);
        var text = await File.ReadAllTextAsync(solution.File(".github/dependabot.yml"), Cancelled);

        Assert.Equal(
            ["docker", "dotnet-sdk", "github-actions", "nuget"],
            Ecosystem().Matches(text).Select(kind => kind.Groups["kind"].Value).Order());
        Assert.All(
            Directories().Matches(text).SelectMany(list => list.Groups["paths"].Value.Split(',')),
            path => Assert.True(Directory.Exists($"{solution.Root}{path.Trim()}"), path));
    }

    [Fact]
    public async Task The_format_check_passes()
    {
        var solution = await generator.GenerateAsync(Flavours.Default);
        var check = await Shell.TryAsync(
            "dotnet", ["format", "whitespace", ".", "--folder", "--verify-no-changes"], solution.Root, Cancelled);

        Assert.True(check.ExitCode == 0, check.Text);
    }

    [GeneratedRegex(@"uses: [\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")]
    private static partial Regex Pinned();

    [GeneratedRegex(@"--target (?<stage>\w+)")]
    private static partial Regex DockerTarget();

    [GeneratedRegex(@"--project (?<path>\S+)")]
    private static partial Regex ProjectPath();

    [GeneratedRegex(@"package-ecosystem: (?<kind>\S+)")]
    private static partial Regex Ecosystem();

    [GeneratedRegex(@"director(?:y: |ies: \[)(?<paths>[^\]\n]+)")]
    private static partial Regex Directories();
}
