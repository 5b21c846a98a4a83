using Colonnade.Dev.Demo;
using Colonnade.Dev.Testing;
using Spectre.Console;

namespace Template.Tests;

[Trait(Part.Trait, Part.Clients)]
public sealed class DemoTests(Generator generator)
{
    /// <summary>The walk throws at the first pattern that does not do what it prints.</summary>
    [Fact]
    public async Task The_demo_walks_through_every_pattern()
    {
        var cancelled = TestContext.Current.CancellationToken;
        var solution = await generator.BuildAsync(Flavours.Default);
        var tokens = TokenIssuer.For(solution);
        // Another test may have promoted the replica.
        await using var service = await RunningService.StartAsync(
            solution, tokens.Environment, _ => { }, cancelled, aspire: true, reset: true);
        var output = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });

        await DemoCommand.WalkAsync(service, tokens, console, cancelled);

        Assert.Contains("replica", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("hit", output.ToString(), StringComparison.Ordinal);
    }
}
