namespace AppHost;

/// <summary>Whether the servers run in containers or from this machine's programs.</summary>
internal static class ServerChoice
{
    private const string Engines = "Docker 25 or newer, or Podman";

    /// <summary>What <c>--servers</c> says; else containers if an engine runs. Prints which, why, and how to choose.</summary>
    /// <exception cref="LocalHostException">What was chosen cannot run.</exception>
    public static async Task<Servers> MakeAsync(
        IDistributedApplicationBuilder builder, HostOptions options, LocalDirectory directory)
    {
        var engine = options.Servers == "programs" ? null : await ContainerEngine.FindAsync(builder);
        if (engine is { Problem: null })
        {
            Console.WriteLine(
                $"The servers run in containers, by {engine.Name}. --servers programs runs those of this machine instead.");
            return new ContainerServers(builder, directory, options, engine.Name);
        }

        if (options.Servers == "containers")
        {
            throw new LocalHostException(
                $"No container engine can be used: {engine!.Problem} Start {Engines}, or pass --servers programs.");
        }

        var programs = FindPrograms(engine);
        Console.WriteLine($"The servers are programs of this machine (PostgreSQL in {programs.Postgres})."
            + (engine is null ? "" : $" No container engine can be used: {engine.Problem} --servers containers insists on one."));
        if (directory.Notice is { } notice)
        {
            Console.WriteLine(notice);
        }

        return new ProgramServers(builder, directory, options, programs);
    }

    private static ServerPrograms FindPrograms(ContainerEngine? engine)
    {
        try
        {
            return ServerPrograms.Find();
        }
        catch (LocalHostException exception) when (engine is not null)
        {
            throw new LocalHostException($"{exception.Message} Or start {Engines}: {engine.Problem}", exception);
        }
    }
}
