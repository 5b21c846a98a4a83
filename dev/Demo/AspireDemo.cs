using Spectre.Console;

namespace Colonnade.Dev.Demo;

/// <summary>Runs the AppHost of a generated service, with its dashboard.</summary>
internal static class AspireDemo
{
    public static async Task<int> RunAsync(IAnsiConsole console, CancellationToken cancellationToken)
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
                "dotnet build src/AppHost (restores the Aspire packages from the configured feeds)",
                line => solution!.BuildAsync(line, cancellationToken, "src/AppHost"));
            console.WriteLine("Starting the AppHost; its dashboard's address follows. Ctrl-C stops everything.");
            await Shell.RunAsync(
                "dotnet", ["run", "--project", "src/AppHost", "--no-build"], solution!.Root, cancellationToken, console.WriteLine);
            return 0;
        }
        finally
        {
            solution?.Dispose();
            package?.Dispose();
        }
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
