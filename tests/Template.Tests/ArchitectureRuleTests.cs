using Colonnade.Dev.Testing;

namespace Template.Tests;

/// <summary>
/// A generated solution with every violation planted at once, built, and its Architecture.Tests run: one build shows all
/// rules failing. That they hold for a clean solution, <see cref="DefaultSolutionTests"/> shows.
/// </summary>
public sealed class ArchitectureRuleRun(Generator generator) : IAsyncLifetime
{
    private const string Project = "tests/Architecture.Tests";

    private GeneratedSolution? _solution;

    public TestRun Run { get; private set; } = null!;

    /// <summary>A solution of its own: it leaves nothing for the tests that build the same options.</summary>
    public async ValueTask InitializeAsync()
    {
        var cancelled = TestContext.Current.CancellationToken;
        await generator.StepAsync("Architecture.Tests with every rule broken", async line =>
        {
            _solution = await generator.Package.GenerateAsync(ArchitectureRuleViolations.Options, line, cancelled);
            foreach (var (path, text) in ArchitectureRuleViolations.All.SelectMany(violation => violation.Files))
            {
                _solution.Plant(path, text);
            }

            await _solution.BuildAsync(line, cancelled, Project);
            Run = await _solution.TestAsync(Project, line, cancelled);
        });
    }

    public ValueTask DisposeAsync()
    {
        _solution?.Dispose();
        return ValueTask.CompletedTask;
    }
}

[Trait(Part.Trait, Part.Rules)]
public sealed class ArchitectureRuleTests(ArchitectureRuleRun planted) : IClassFixture<ArchitectureRuleRun>
{
    public static TheoryData<string> Rules => [.. ArchitectureRuleViolations.All.Select(violation => violation.Rule)];

    [Theory, MemberData(nameof(Rules))]
    public void A_violation_fails_its_rule_and_no_other(string rule)
    {
        var violation = ArchitectureRuleViolations.All.Single(violation => violation.Rule == rule);

        var failed = planted.Run.Failed.Where(test => Names(test.Reason, violation.Offender)).ToArray();

        Assert.True(failed.Length > 0, $"No rule names {violation.Offender}.\n{planted.Run.Process.Text}");
        Assert.Equal([rule], failed.Select(NameOf));
        Assert.Contains(violation.Told, failed[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_rule_has_a_violation() => Assert.Equal(
        Rules.Select(rule => rule.Data).Order(StringComparer.Ordinal),
        planted.Run.Tests.Select(NameOf).Order(StringComparer.Ordinal));

    /// <summary>As a whole word, so that PlantedCommand is not found in PlantedCommandHandler.</summary>
    private static bool Names(string reason, string type) => reason.Split(' ', '.', ':', ';', '\n').Contains(type);

    private static string NameOf(TestOutcome test) => test.Name[(test.Name.LastIndexOf('.') + 1)..];
}
