using Colonnade.Dev.Demo;
using Colonnade.Dev.Testing;
using Spectre.Console;

namespace Template.Tests;

[Trait(Part.Trait, Part.Clients)]
public sealed class DemoTests(Generator generator)
{
    [Fact]
    public async Task The_demo_walks_through_every_pattern() =>
        await WalkAsync(await generator.BuildAsync(Flavours.Default), "programs");

    /// <summary>The walk throws at the first pattern that does not do what it prints.</summary>
    /// <param name="solution">Built, with Aspire.</param>
    /// <param name="servers">What the AppHost runs its servers from: programs or containers.</param>
    internal static async Task WalkAsync(GeneratedSolution solution, string servers)
    {
        var cancelled = TestContext.Current.CancellationToken;
        var tokens = TokenIssuer.For(solution);
        await using var service = await RunningService.StartAsync(
            solution, tokens.Environment, _ => { }, cancelled, aspire: true, servers);
        var output = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });

        await DemoCommand.WalkAsync(service, tokens, console, cancelled);

        Assert.Contains("replica", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("hit", output.ToString(), StringComparison.Ordinal);
    }
}
