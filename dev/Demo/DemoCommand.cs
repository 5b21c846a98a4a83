using Spectre.Console;

namespace Colonnade.Dev.Demo;

/// <summary>From the sources to a running service, then through its patterns one by one.</summary>
public static class DemoCommand
{
    /// <summary>The walk. A pattern is one part, and one file.</summary>
    private static readonly Func<Walk, Task>[] s_parts =
    [
        ServersPart.RunAsync, WalletsPart.RunAsync, ReadsPart.RunAsync, CachePart.RunAsync, TransfersPart.RunAsync, EventsPart.RunAsync,
        ActivityPart.RunAsync, ProblemsPart.RunAsync,
    ];

    /// <param name="once">Ends after the walk; otherwise the service stays up until cancelled.</param>
    /// <param name="aspire">Run by AppHost, with its dashboard; otherwise by LocalHost.</param>
    /// <returns>Exit code.</returns>
    public static async Task<int> RunAsync(bool once, bool aspire, IAnsiConsole console, CancellationToken cancellationToken)
    {
        var steps = new Steps(console);
        await Prerequisites.EnsureAsync(steps, text => console.MarkupLineInterpolated($"{text}"), cancellationToken);

        await using var service = await GeneratedService.StartAsync(
            steps, "Debug", new Dictionary<string, string?>(), cancellationToken, aspire);
        await WalkAsync(service.Running, service.Tokens, console, cancellationToken);
        console.MarkupLine("\n[green]All of it worked.[/]");
        return once ? 0 : await StayAsync(service, console, cancellationToken);
    }

    /// <summary>Throws at the first thing that does not work.</summary>
    internal static async Task WalkAsync(
        RunningService service, TokenIssuer tokens, IAnsiConsole console, CancellationToken cancellationToken)
    {
        using var walk = new Walk(service, tokens, console, cancellationToken);
        foreach (var part in s_parts)
        {
            await part(walk);
        }
    }

    private static async Task<int> StayAsync(GeneratedService service, IAnsiConsole console, CancellationToken cancellationToken)
    {
        var state = service.Running.State;
        console.WriteLine();
        if (service.Running.Dashboard is { } dashboard)
        {
            console.WriteLine($"  Dashboard  {dashboard}");
        }

        console.WriteLine($"  API        {state.Api}scalar");
        console.WriteLine($"  Topology   {state.Api}topology");
        console.WriteLine($"  Primary    {state.Primary.Host}:{state.Primary.Port}");
        console.WriteLine($"  Replica    {state.Replica.Host}:{state.Replica.Port}");
        console.WriteLine($"  Redis      {state.Redis.Host}:{state.Redis.Port}");
        console.WriteLine($"  Solution   {service.Solution.Root}");
        console.WriteLine($"  Try        curl -H 'Authorization: Bearer {service.Tokens.TokenFor("ada")}' {state.Api}wallets");
        console.WriteLine();
        console.WriteLine("Ctrl-C stops everything and removes the solution.");
        try
        {
            var ended = await service.Running.Ended.WaitAsync(cancellationToken);
            throw new CommandFailedException("The host", ended);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return 0;
        }
    }
}
