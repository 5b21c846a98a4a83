using Colonnade.Dev.Testing;

namespace Template.Tests;

/// <summary>The AppHost of a generated solution with its servers in containers.</summary>
[Trait(Part.Trait, Part.Containers)]
public sealed class AppHostContainerTests(Generator generator)
{
    [Fact]
    public async Task The_AppHost_runs_and_passes_its_tests_with_servers_in_containers()
    {
        await ContainerTests.SkipWithoutEngineAsync();

        var solution = await generator.BuildAsync(Flavours.Default);
        var run = await solution.TestAsync(
            "tests/AppHost.Tests",
            _ => { },
            TestContext.Current.CancellationToken,
            environment: new Dictionary<string, string?> { ["APPHOST_SERVERS"] = "containers" });

        Assert.True(run.Succeeded && !run.Skipped.Any(), run.Process.Text);
        await DemoTests.WalkAsync(solution, "containers");
    }
}
