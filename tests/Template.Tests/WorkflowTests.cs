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
}
