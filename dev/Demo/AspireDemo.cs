using System.Text.Json;
using Spectre.Console;

namespace Colonnade.Dev.Demo;

/// <summary>Runs the AppHost of a generated service until all of it is healthy, with its dashboard.</summary>
internal static class AspireDemo
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(10); // Images may have to be pulled.

    /// <param name="once">Ends when all is healthy; otherwise it stays up until cancelled.</param>
    /// <returns>Exit code.</returns>
    public static async Task<int> RunAsync(bool once, IAnsiConsole console, CancellationToken cancellationToken)
    {
        if (!await HasEngineAsync("docker", cancellationToken) && !await HasEngineAsync("podman", cancellationToken))
        {
            throw new PrerequisiteMissingException(
                "The AppHost needs a running container engine, and neither Docker nor Podman answers. "
                + "\"dotnet dev.cs demo\" runs the same topology without containers.");
        }

        var steps = new Steps(console);
        TemplatePackage? package = null;
        GeneratedSolution? solution = null;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<Outcome>? appHost = null;
        try
        {
            await steps.RunAsync(
                "Pack the template and install it into a throw-away hive",
                async line => package = await TemplatePackage.PackAndInstallAsync(line, cancellationToken));
            await steps.RunAsync(
                "dotnet new colonnade -n Contoso.Payments",
                async line => solution = await package!.GenerateAsync(
                    new SolutionOptions("Contoso.Payments", Aspire: true, Sample: true), line, cancellationToken));
            await steps.RunAsync(
                "dotnet build src/AppHost, with the Aspire packages of the configured feeds",
                line => solution!.BuildAsync(line, cancellationToken, "src/AppHost"));

            // Not by "dotnet run", which does not pass an interrupt on.
            var log = once ? (Action<string>)(_ => { }) : console.WriteLine;
            appHost = Shell.TryAsync(
                "dotnet", [solution!.Assembly("src/AppHost")], solution.File("src/AppHost"), stop.Token, log, HttpProfile(solution, "src/AppHost"));
            var api = new Uri(HttpProfile(solution, "src/Api")["ASPNETCORE_URLS"]!);
            await steps.RunAsync(
                "Start everything; the API starts when primary, replica and Redis are healthy and all is migrated",
                _ => UntilReadyAsync(api, appHost, cancellationToken));
            await ShowServersAsync(api, console, cancellationToken);
            if (!once)
            {
                console.WriteLine("Ctrl-C stops everything.");
                throw new CommandFailedException("AppHost", await appHost);
            }

            return 0;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested && !once && appHost is not null)
        {
            return 0;
        }
        finally
        {
            await stop.CancelAsync();
            await (appHost ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            solution?.Dispose();
            package?.Dispose();
        }
    }

    /// <summary>What <c>dotnet run --launch-profile http</c> would set.</summary>
    private static Dictionary<string, string?> HttpProfile(GeneratedSolution solution, string project)
    {
        using var settings = JsonDocument.Parse(File.ReadAllText(solution.File($"{project}/Properties/launchSettings.json")));
        var profile = settings.RootElement.GetProperty("profiles").GetProperty("http");
        var environment = profile.GetProperty("environmentVariables").EnumerateObject()
            .ToDictionary(variable => variable.Name, variable => variable.Value.GetString());
        environment["ASPNETCORE_URLS"] = profile.GetProperty("applicationUrl").GetString();
        return environment;
    }

    private static async Task UntilReadyAsync(Uri api, Task<Outcome> appHost, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = api, Timeout = TimeSpan.FromSeconds(5) };
        for (var deadline = DateTime.UtcNow + s_patience; DateTime.UtcNow < deadline; await Task.Delay(500, cancellationToken))
        {
            if (appHost.IsCompleted)
            {
                throw new CommandFailedException("AppHost", await appHost);
            }

            try
            {
                using var ready = await http.GetAsync(new Uri("/health/ready", UriKind.Relative), cancellationToken);
                if (ready.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
            {
                // It does not listen yet.
            }
        }

        throw new DemoFailedException($"{api} was not ready within {s_patience.TotalMinutes} minutes.");
    }

    private static async Task ShowServersAsync(Uri api, IAnsiConsole console, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = api };
        var servers = await ServersPart.AskAsync(http, cancellationToken);
        foreach (var server in servers)
        {
            console.WriteLine($"  {server}");
        }

        Walk.Check(servers.All(server => server.Error is null), "A server does not answer.");
        Walk.Check(servers.Any(server => server.Role == "replica"), "There is no replica.");
    }

    private static async Task<bool> HasEngineAsync(string program, CancellationToken cancellationToken)
    {
        try
        {
            return (await Shell.TryAsync(program, ["info"], Repository.Root, cancellationToken)).ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false; // The program is not there.
        }
    }
}
