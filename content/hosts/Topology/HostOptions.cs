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
        HostOptions? options = new(Path.Combine(solution, ".local"), []);
        error = "";
        for (var rest = new Queue<string>(arguments); options is not null && rest.TryDequeue(out var argument);)
        {
            options = argument switch
            {
                "--servers-only" => options with { ServersOnly = true },
                "--reset" => options with { Reset = true },
                "--ephemeral-ports" => options with { EphemeralPorts = true },
                "--synchronous" => options with { SynchronousReplica = true },
                "--help" or "-h" => options with { Help = true },
                "--servers" => rest.TryDequeue(out var servers) && servers is "containers" or "programs"
                    ? options with { Servers = servers }
                    : null,
                "--data" => rest.TryDequeue(out var directory)
                    ? options with { DataDirectory = Path.GetFullPath(directory) }
                    : null,
                _ => options with { Rest = [.. options.Rest, argument] },
            };
            error = options is not null ? ""
                : argument == "--data" ? "--data needs a directory."
                : "--servers needs \"containers\" or \"programs\".";
        }

        return options;
    }

    /// <summary>The port, or 0 for any that is free.</summary>
    public int Port(int usual) => EphemeralPorts ? 0 : usual;
}
