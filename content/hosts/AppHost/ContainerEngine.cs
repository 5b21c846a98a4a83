using System.ComponentModel;
using System.Diagnostics;
using System.Reflection;
using System.Text.Json;

namespace AppHost;

/// <summary>The container engine of this machine, as Aspire's orchestrator sees it.</summary>
/// <param name="Name">Name of its program, docker or podman.</param>
/// <param name="Problem">A sentence that says why it cannot be used; null if it can.</param>
internal sealed record ContainerEngine(string Name, string? Problem)
{
    /// <summary>Asks the orchestrator, which runs the containers: it may refuse an engine that answers other programs.</summary>
    /// <exception cref="LocalHostException">The orchestrator does not answer.</exception>
    public static async Task<ContainerEngine> FindAsync(IDistributedApplicationBuilder builder)
    {
        var orchestrator = builder.Configuration["DcpPublisher:CliPath"]
            ?? typeof(Program).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
                .Single(data => data.Key == "dcpclipath").Value!;
        try
        {
            using var info = Process.Start(new ProcessStartInfo(orchestrator, ["info"]) { RedirectStandardOutput = true })!;
            var answer = await info.StandardOutput.ReadToEndAsync();
            await info.WaitForExitAsync();
            return Parse(answer);
        }
        catch (Exception exception) when (exception is Win32Exception or JsonException or KeyNotFoundException)
        {
            throw new LocalHostException($"Aspire's orchestrator {orchestrator} cannot be asked: {exception.Message}", exception);
        }
    }

    /// <summary>Reads the answer of <c>dcp info</c>.</summary>
    public static ContainerEngine Parse(string answer)
    {
        using var json = JsonDocument.Parse(answer);
        var containers = json.RootElement.GetProperty("containers");
        var name = containers.GetProperty("runtime").GetString()!;
        return new(name, containers.GetProperty("running").GetBoolean() ? null
            : containers.GetProperty("installed").GetBoolean() ? LastLine(containers.GetProperty("error").GetString()!)
            : $"{name} is not installed.");
    }

    /// <summary>As a sentence: an error may be the whole output of a command.</summary>
    private static string LastLine(string error)
    {
        var line = error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[^1];
        return line.EndsWith('.') || line.EndsWith('?') ? line : $"{line}.";
    }
}
