using System.ComponentModel;
using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using Topology;

namespace AppHost;

/// <summary>Whether the servers run in containers or from this machine's programs.</summary>
internal static class ServerChoice
{
    /// <summary>What <c>--servers</c> says; else containers if an engine runs. Prints which, why, and how to choose.</summary>
    /// <exception cref="LocalHostException">What was chosen cannot run.</exception>
    public static async Task<Servers> MakeAsync(
        IDistributedApplicationBuilder builder, HostOptions options, LocalDirectory directory)
    {
        var engine = options.Servers == "programs" ? null : await AskOrchestratorAsync(builder);
        if (engine is { Running: true } || options.Servers == "containers")
        {
            if (engine is not { Running: true })
            {
                throw new LocalHostException(
                    $"No container engine can be used: {engine?.Reason} Start Docker or Podman, or pass --servers programs.");
            }

            Say($"The servers run in containers, by {engine.Runtime}. --servers programs runs those of this machine instead.");
            return new ContainerServers(builder, directory, options, engine.Runtime);
        }

        var programs = FindPrograms(engine);
        var why = engine is null ? "" : $", since no container engine can be used ({engine.Reason.TrimEnd('.')})";
        Say($"The servers are programs of this machine (PostgreSQL in {programs.Postgres}){why}."
            + (engine is null ? "" : " --servers containers insists on containers."));
        if (directory.Notice is { } notice)
        {
            Say(notice);
        }

        return new ProgramServers(builder, directory, options, programs);
    }

    private static void Say(string line) => Console.WriteLine(line);

    private static ServerPrograms FindPrograms(Engine? engine)
    {
        try
        {
            return ServerPrograms.Find();
        }
        catch (LocalHostException exception) when (engine is not null)
        {
            throw new LocalHostException($"{exception.Message} Or start Docker or Podman: {engine.Reason}", exception);
        }
    }

    /// <summary>Asks DCP, which will run the containers: it may find an engine unusable that answers others.</summary>
    private static async Task<Engine> AskOrchestratorAsync(IDistributedApplicationBuilder builder)
    {
        var program = builder.Configuration["DcpPublisher:CliPath"]
            ?? typeof(Program).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
                .Single(data => data.Key == "dcpclipath").Value!;
        try
        {
            var info = new ProcessStartInfo(program, ["info"]) { RedirectStandardOutput = true, RedirectStandardError = true };
            using var dcp = Process.Start(info)!;
            var errors = dcp.StandardError.ReadToEndAsync();
            using var answer = JsonDocument.Parse(await dcp.StandardOutput.ReadToEndAsync());
            await errors;
            await dcp.WaitForExitAsync();
            var containers = answer.RootElement.GetProperty("containers");
            return new Engine(
                containers.GetProperty("runtime").GetString()!,
                containers.GetProperty("running").GetBoolean(),
                containers.TryGetProperty("error", out var error) ? Shorten(error.GetString()!) : "none is installed.");
        }
        catch (Exception exception) when (exception is Win32Exception or JsonException or KeyNotFoundException)
        {
            throw new LocalHostException($"Aspire's orchestrator {program} cannot be asked: {exception.Message}", exception);
        }
    }

    /// <summary>The last line of what may be a command's whole output.</summary>
    private static string Shorten(string error) =>
        error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[^1];

    /// <param name="Reason">Why it cannot be used.</param>
    private sealed record Engine(string Runtime, bool Running, string Reason);
}
