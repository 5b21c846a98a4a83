namespace Topology;

/// <summary>Options that both hosts take.</summary>
/// <param name="DataDirectory">Directory for data, certificates and secrets.</param>
/// <param name="Rest">Arguments that are not options of ours.</param>
public sealed record HostOptions(string DataDirectory, IReadOnlyList<string> Rest)
{
    public const string Usage = """
          --servers-only     do not start the API, so that you can start it yourself, in a debugger for example
          --reset            delete data, certificates and secrets of earlier runs first
          --ephemeral-ports  listen on free ports instead of the usual ones
          --synchronous      acknowledge a commit only when the replica has it
          --data <directory> keep data there instead of in .local beside the solution
          --help             show this text

        Environment: POSTGRES_BIN is the directory of the PostgreSQL programs to use.
        """;

    /// <summary>What <c>--servers</c> says, which only the AppHost takes.</summary>
    public string? Servers { get; init; }

    public bool ServersOnly { get; init; }

    public bool Reset { get; init; }

    public bool EphemeralPorts { get; init; }

    /// <summary>The primary acknowledges a commit only when the replica has it.</summary>
    public bool SynchronousReplica { get; init; }

    public bool Help { get; init; }

    /// <summary>The options, or null and what is wrong with them.</summary>
    /// <param name="solution">The solution's directory.</param>
    public static HostOptions? Parse(string[] arguments, string solution, out string error)
    {
        var rest = new List<string>();
        var options = new HostOptions(Path.Combine(solution, ".local"), rest);
        error = "";
        for (var i = 0; i < arguments.Length; i++)
        {
            switch (arguments[i])
            {
                case "--servers-only":
                    options = options with { ServersOnly = true };
                    break;
                case "--reset":
                    options = options with { Reset = true };
                    break;
                case "--ephemeral-ports":
                    options = options with { EphemeralPorts = true };
                    break;
                case "--synchronous":
                    options = options with { SynchronousReplica = true };
                    break;
                case "--help" or "-h":
                    options = options with { Help = true };
                    break;
                case "--servers" when i + 1 < arguments.Length && arguments[i + 1] is "containers" or "programs":
                    options = options with { Servers = arguments[++i] };
                    break;
                case "--servers":
                    error = "--servers needs \"containers\" or \"programs\".";
                    return null;
                case "--data" when i + 1 < arguments.Length:
                    options = options with { DataDirectory = Path.GetFullPath(arguments[++i]) };
                    break;
                case "--data":
                    error = "--data needs a directory.";
                    return null;
                default:
                    rest.Add(arguments[i]);
                    break;
            }
        }

        return options;
    }

    /// <summary>The port, or 0 for any that is free.</summary>
    public int Port(int usual) => EphemeralPorts ? 0 : usual;
}
