using Colonnade.Dev.Testing;

namespace Template.Tests;

/// <summary>The topology's scripts in containers, as AppHost runs them.</summary>
[Trait(Part.Trait, Part.Containers)]
public sealed class ContainerTests(Generator generator)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Primary_and_replica_stream_over_TLS_in_containers()
    {
        await SkipWithoutEngineAsync();

        var solution = await generator.BuildAsync(Flavours.Default);
        var run = await solution.TestAsync("tests/Platform.Tests", _ => { }, Cancelled, method: "*.Containers.*");

        // With an engine there is no reason to skip: a test that is left out here has not found the engine.
        Assert.True(run.Succeeded && !run.Skipped.Any(), run.Process.Text);
    }

    internal static async Task SkipWithoutEngineAsync() =>
        Assert.SkipUnless(await EngineAnswersAsync(), "There is no container engine: 'docker version' fails.");

    private static async Task<bool> EngineAnswersAsync()
    {
        try
        {
            return (await Shell.TryAsync("docker", ["version"], Repository.Root, Cancelled)).ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // There is no such program.
            return false;
        }
    }
}
