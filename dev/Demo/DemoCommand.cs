using System.Text.Json;
using Spectre.Console;

namespace Colonnade.Dev.Demo;

/// <summary>From the sources to a running service, then through its patterns one by one.</summary>
public static class DemoCommand
{
    /// <summary>The walk. A pattern is one part, and one file.</summary>
    private static readonly Func<Walk, Task>[] s_parts = [ServersPart.RunAsync, WalletsPart.RunAsync, ProblemsPart.RunAsync];

    /// <param name="once">Ends after the walk; otherwise the service stays up until cancelled.</param>
    /// <returns>Exit code.</returns>
    public static async Task<int> RunAsync(bool once, IAnsiConsole console, CancellationToken cancellationToken)
    {
        var steps = new Steps(console);
        await Prerequisites.EnsureAsync(steps, text => console.MarkupLineInterpolated($"{text}"), cancellationToken);

        TemplatePackage? package = null;
        GeneratedSolution? solution = null;
        RunningService? service = null;
        try
        {
            await steps.RunAsync(
                "Pack the template and install it into a throw-away hive",
                async line => package = await TemplatePackage.PackAndInstallAsync(line, cancellationToken));
            await steps.RunAsync(
                "dotnet new colonnade -n Contoso.Payments --aspire false",
                async line => solution = await package!.GenerateAsync(
                    new SolutionOptions("Contoso.Payments", Aspire: false, Sample: true), line, cancellationToken));
            await steps.RunAsync("dotnet build", line => solution!.BuildAsync(line, cancellationToken, "src/LocalHost"));

            var tokens = new TokenIssuer(Audience(solution!));
            await steps.RunAsync("Start primary, replica, Redis and the API", async line =>
            {
                service = await RunningService.StartAsync(solution!, tokens, line, cancellationToken);
                return FormattableString.Invariant($"(up in {service.State.Seconds:0.0} s by LocalHost's own clock)");
            });

            using (var walk = new Walk(service!, tokens, console, cancellationToken))
            {
                foreach (var part in s_parts)
                {
                    await part(walk);
                }
            }

            console.MarkupLine("\n[green]All of it worked.[/]");
            return once ? 0 : await StayAsync(solution!, service!, tokens, console, cancellationToken);
        }
        finally
        {
            if (service is not null)
            {
                await service.DisposeAsync();
            }

            solution?.Dispose();
            package?.Dispose();
        }
    }

    private static async Task<int> StayAsync(
        GeneratedSolution solution, RunningService service, TokenIssuer tokens, IAnsiConsole console, CancellationToken cancellationToken)
    {
        var state = service.State;
        console.WriteLine();
        console.WriteLine($"  API        {state.Api}scalar");
        console.WriteLine($"  Topology   {state.Api}topology");
        console.WriteLine($"  Primary    {state.Primary.Host}:{state.Primary.Port}");
        console.WriteLine($"  Replica    {state.Replica.Host}:{state.Replica.Port}");
        console.WriteLine($"  Redis      {state.Redis.Host}:{state.Redis.Port}");
        console.WriteLine($"  Solution   {solution.Root}");
        console.WriteLine($"  Try        curl -H 'Authorization: Bearer {tokens.TokenFor("ada")}' {state.Api}wallets");
        console.WriteLine();
        console.WriteLine("Ctrl-C stops everything and removes the solution.");
        try
        {
            var ended = await service.Ended.WaitAsync(cancellationToken);
            throw new CommandFailedException("LocalHost", ended);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return 0;
        }
    }

    /// <summary>The audience that the generated API expects in tokens.</summary>
    private static string Audience(GeneratedSolution solution)
    {
        using var settings = JsonDocument.Parse(File.ReadAllText(solution.File("src/Api/appsettings.Development.json")));
        return settings.RootElement.GetProperty("Authentication").GetProperty("Schemes").GetProperty("Bearer")
            .GetProperty("ValidAudiences")[0].GetString()!;
    }
}
