namespace LocalHost;

/// <summary>What the person asked for.</summary>
internal sealed record CommandLine(string DataDirectory, bool Reset, bool EphemeralPorts, bool Help)
{
    public const string Usage = """
        Starts a PostgreSQL primary, its replica and Redis from the programs on this machine, migrates the
        databases and starts the API. Ctrl-C stops everything.

        Usage: dotnet run --project src/LocalHost -- [options]

          --reset            delete data, certificates and secrets of earlier runs first
          --ephemeral-ports  listen on free ports instead of the usual ones
          --data <directory> keep data there instead of in .local beside the solution
          --help             show this text

        Environment: POSTGRES_BIN is the directory of the PostgreSQL programs to use. All variables are passed on to
        the API, so Authentication__… and the like can be set here.
        """;

    /// <summary>The options, or null and what is wrong with them.</summary>
    public static CommandLine? Parse(string[] arguments, out string error)
    {
        var options = new CommandLine(Path.Combine(SolutionPaths.Solution, ".local"), false, false, false);
        error = "";
        for (var i = 0; i < arguments.Length; i++)
        {
            switch (arguments[i])
            {
                case "--reset":
                    options = options with { Reset = true };
                    break;
                case "--ephemeral-ports":
                    options = options with { EphemeralPorts = true };
                    break;
                case "--help" or "-h":
                    options = options with { Help = true };
                    break;
                case "--data" when i + 1 < arguments.Length:
                    options = options with { DataDirectory = Path.GetFullPath(arguments[++i]) };
                    break;
                case "--data":
                    error = "--data needs a directory.";
                    return null;
                default:
                    error = $"{arguments[i]} is not an option.";
                    return null;
            }
        }

        return options;
    }
}
