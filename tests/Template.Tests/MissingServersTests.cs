using Colonnade.Dev.Testing;

namespace Template.Tests;

/// <summary>Without PostgreSQL's programs a run fails and says what to install.</summary>
[Trait(Part.Trait, Part.Default)]
public sealed class MissingServersTests(Generator generator) : IDisposable
{
    private const string Sentence = "apt-get install postgresql redis-server";

    private readonly string _empty = Directory.CreateTempSubdirectory("colonnade-empty-").FullName;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>Hides PostgreSQL, and a container engine that could stand in for it.</summary>
    private Dictionary<string, string?> Environment => new() { ["POSTGRES_BIN"] = _empty, ["DOCKER_HOST"] = "tcp://127.0.0.1:1" };

    [Theory]
    [InlineData("hosts/LocalHost")]
    [InlineData("hosts/AppHost")]
    public async Task A_host_says_what_to_install(string host)
    {
        var solution = await generator.BuildAsync(Flavours.Default);
        var outcome = await Shell.TryAsync(
            "dotnet", [solution.Assembly(host), "--ephemeral-ports"], solution.File(host), Cancelled, environment: Environment);
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains(Sentence, outcome.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", outcome.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Integration_tests_say_what_to_install()
    {
        var solution = await generator.BuildAsync(Flavours.Default);
        var run = await solution.TestAsync(
            "tests/Integration.Tests", _ => { }, Cancelled, method: "*.MigrationTests.*", environment: Environment);
        Assert.False(run.Succeeded);
        Assert.Empty(run.Passed);
        Assert.All(run.Failed, test => Assert.Contains(Sentence, test.Reason, StringComparison.Ordinal));
    }

    public void Dispose() => Directory.Delete(_empty);
}
