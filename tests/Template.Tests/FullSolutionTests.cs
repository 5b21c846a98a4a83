namespace Template.Tests;

/// <summary>Solutions built with warnings as errors, and their own tests run.</summary>
[Trait("Speed", "Slow")]
public sealed class FullSolutionTests(Generator generator)
{
    public static TheoryData<string> TestProjects => [.. Flavours.TestProjects];

    [Theory, MemberData(nameof(TestProjects))]
    public Task Tests_pass_with_the_sample(string project) => PassesAsync(Flavours.Plain, project);

    [Theory, MemberData(nameof(TestProjects))]
    public Task Tests_pass_without_the_sample_under_an_awkward_name(string project) => PassesAsync(Flavours.WithoutSample, project);

    [Fact]
    public async Task No_test_project_is_left_out()
    {
        var solution = await generator.GenerateAsync(Flavours.Plain);
        Assert.Equal(
            Flavours.TestProjects.Order(StringComparer.Ordinal),
            solution.Files().Where(path => path.StartsWith("tests/", StringComparison.Ordinal) && path.EndsWith(".csproj", StringComparison.Ordinal))
                .Select(path => Path.GetDirectoryName(path)!.Replace('\\', '/')));
    }

    [Fact]
    public async Task With_Aspire_everything_that_does_not_touch_it_builds()
    {
        var solution = await generator.GenerateAsync(Flavours.Aspire);
        await generator.StepAsync($"Build {Flavours.Aspire}, without Api, AppHost and what refers to them", async line =>
        {
            foreach (var project in (string[])["src/Migrator", "src/Topology", "tests/Domain.Tests", "tests/Application.Tests"])
            {
                await solution.BuildAsync(line, TestContext.Current.CancellationToken, project);
            }
        });
    }

    [Fact]
    public async Task With_Aspire_the_AppHost_builds_and_its_tests_pass()
    {
        var solution = await generator.GenerateAsync(Flavours.Aspire);
        var restored = await Shell.TryAsync(
            "dotnet", ["restore", "src/AppHost", "--nologo"], solution.Root, TestContext.Current.CancellationToken);
        if (restored.ExitCode != 0 && restored.Output.FirstOrDefault(SaysThatAspireIsNotThere) is { } reason)
        {
            Assert.Skip($"Api, LocalHost, AppHost and the tests that refer to them were not built with --aspire true, since no feed has Aspire's packages: {reason.Trim()}");
        }

        Assert.True(restored.ExitCode == 0, restored.Text);
        await generator.BuildAsync(Flavours.Aspire);
        foreach (var project in (string[])[.. Flavours.TestProjects, "tests/AppHost.Tests"])
        {
            var run = await generator.TestAsync(solution, project);
            Assert.True(run.Succeeded, run.Process.Text);
        }
    }

    /// <summary>NuGet could not find an SDK (MSB4236, unresolved), a package (NU1101) or a version of it (NU1102).</summary>
    private static bool SaysThatAspireIsNotThere(string line) =>
        line.Contains("Aspire.", StringComparison.Ordinal)
        && (line.Contains("NU1101", StringComparison.Ordinal) || line.Contains("NU1102", StringComparison.Ordinal)
            || line.Contains("MSB4236", StringComparison.Ordinal) || line.Contains("Unable to find package", StringComparison.Ordinal)
            || line.Contains("could not be resolved", StringComparison.Ordinal));

    private async Task PassesAsync(SolutionOptions options, string project)
    {
        var solution = await generator.BuildAsync(options);
        var run = await generator.TestAsync(solution, project);
        Assert.True(run.Succeeded, run.Process.Text);
    }
}
