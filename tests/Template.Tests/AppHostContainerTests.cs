namespace Template.Tests;

/// <summary>The AppHost of a generated solution with its servers in containers: <c>dotnet dev.cs test --containers</c>.</summary>
[Trait("Speed", "Slow")]
public sealed class AppHostContainerTests(Generator generator)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_AppHost_runs_and_passes_its_tests_with_servers_in_containers()
    {
        Assert.SkipUnless(
            Environment.GetEnvironmentVariable("COLONNADE_CONTAINERS") == "1", "It was not asked for: dotnet dev.cs test --containers");

        var solution = await generator.BuildAsync(Flavours.Aspire);
        var run = await solution.TestAsync(
            "tests/AppHost.Tests", _ => { }, Cancelled, environment: new Dictionary<string, string?> { ["APPHOST_SERVERS"] = "containers" });

        Assert.True(run.Succeeded && !run.Skipped.Any(), run.Process.Text);
    }
}
