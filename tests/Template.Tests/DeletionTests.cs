using System.Text.RegularExpressions;
using Colonnade.Dev;
using Colonnade.Dev.Testing;

namespace Template.Tests;

/// <summary>Takes something out of a generated solution by the commands on its page. What is left is built and tested.</summary>
[Trait(Part.Trait, Part.Deletions)]
public sealed partial class DeletionTests(Generator generator)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>Features that use a pattern come first, as its page says, so there is no sample.</summary>
    [Theory]
    [InlineData("src/Platform/Realtime/README.md", "## Take it out", "Realtime")]
    [InlineData("src/Platform/Caching/README.md", "## Take it out", "Caching")]
    [InlineData("src/Platform/Ingestion/README.md", "## Take it out", "Ingestion")]
    [InlineData("src/Platform/Sagas/README.md", "## Take it out", "Sagas")]
    [InlineData("src/Platform/Sharding/README.md", "## Take moves out", "Moves")]
    public Task A_pattern_is_taken_out_by_the_steps_of_its_page(string page, string heading, string folder) =>
        TakeOutAsync(new("Contoso.Payments", Aspire: false, Sample: false), page, heading, folder);

    [Fact]
    public Task The_sample_is_taken_out_by_the_steps_of_the_README() => TakeOutAsync(
        new("Contoso.Payments", Aspire: false), "README.md", "**Remove the sample.**",
        "Wallets", "Transfers", "Payees", "Activity", "Bank");

    private async Task TakeOutAsync(SolutionOptions options, string page, string heading, params string[] folders)
    {
        var solution = await generator.GenerateAsync(options);
        var before = solution.Files().ToDictionary(path => path, path => File.ReadAllBytes(solution.File(path)));
        Assert.All(folders, folder => Assert.Contains(before.Keys, path => IsIn(path, folder)));
        try
        {
            var commands = CommandsAfter(heading, File.ReadAllText(solution.File(page)));
            await Shell.RunAsync("sh", ["-ec", commands], solution.Root, Cancelled);
            Assert.All(folders, folder => Assert.DoesNotContain(solution.Files(), path => IsIn(path, folder)));

            // Without this, a resource that is gone would stay in an assembly whose code is as before.
            foreach (var project in solution.Files().Where(path => path.EndsWith(".csproj", StringComparison.Ordinal)))
            {
                File.SetLastWriteTimeUtc(solution.File(project), DateTime.UtcNow);
            }

            await generator.StepAsync(
                $"Build {options} without {string.Join(", ", folders)}", line => solution.BuildAsync(line, Cancelled));
            await PassesAsync(solution, "Domain.Tests");
            await PassesAsync(solution, "Application.Tests");
            await PassesAsync(solution, "Architecture.Tests");
            await PassesAsync(solution, "Integration.Tests", "*.MigrationTests.*");
        }
        finally
        {
            Restore(solution, before);
        }
    }

    private async Task PassesAsync(GeneratedSolution solution, string suite, string? method = null)
    {
        var run = await generator.TestAsync(solution, $"tests/{suite}", method);
        Assert.True(run.Succeeded, run.Failed.Any() ? string.Join('\n', run.Failed.Select(test => test.Method)) : run.Process.Text);
    }

    /// <summary>The first block of shell commands after a text.</summary>
    private static string CommandsAfter(string text, string page)
    {
        var at = page.IndexOf(text, StringComparison.Ordinal);
        Assert.True(at >= 0, $"The page has no '{text}'.");
        var block = Block().Match(page, at);
        Assert.True(block.Success, $"No commands follow '{text}'.");
        return block.Groups["commands"].Value;
    }

    private static bool IsIn(string path, string folder) =>
        (path.StartsWith("src/", StringComparison.Ordinal) || path.StartsWith("tests/", StringComparison.Ordinal))
        && path.Contains($"/{folder}/", StringComparison.Ordinal);

    private static void Restore(GeneratedSolution solution, Dictionary<string, byte[]> before)
    {
        foreach (var (path, content) in before)
        {
            var file = solution.File(path);
            if (!File.Exists(file) || !File.ReadAllBytes(file).AsSpan().SequenceEqual(content))
            {
                Directory.CreateDirectory(Path.GetDirectoryName(file)!);
                File.WriteAllBytes(file, content);
            }
        }
    }

    [GeneratedRegex("^```sh\n(?<commands>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
