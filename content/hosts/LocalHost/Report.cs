using Spectre.Console;

namespace LocalHost;

/// <summary>What LocalHost tells people.</summary>
internal static class Report
{
    private static readonly string[] s_colors = ["36", "32", "33", "35", "34"];
    private static readonly Lock s_console = new();
    private static readonly List<string> s_names = [];

    /// <summary>A line of a part's output, with the part's name before it.</summary>
    public static void Log(string name, string line)
    {
        lock (s_console)
        {
            if (!s_names.Contains(name))
            {
                s_names.Add(name);
            }

            var prefix = $"{name.PadRight(ResourceNames.Replica.Length)} │";
            var color = s_colors[s_names.IndexOf(name) % s_colors.Length];
            Console.WriteLine(AnsiConsole.Profile.Capabilities.Ansi ? $"\e[{color}m{prefix}\e[0m {line}" : $"{prefix} {line}");
        }
    }

    public static void Ready(LocalTopology topology, Uri? api, string dataDirectory, TimeSpan elapsed)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("Part", "Address", "What for");
        if (api is not null)
        {
            table.AddRow("API", $"{api}scalar", "try the endpoints");
            table.AddRow("", $"{api}topology", "which servers answer");
            table.AddRow("", $"{api}health/ready", "readiness");
        }

        table.AddRow("Primary", $"{topology.Primary}", "PostgreSQL, reads and writes");
        table.AddRow("Replica", $"{topology.Replica}", "PostgreSQL, reads");
        table.AddRow("Redis", $"{topology.Redis}", "cache");
        lock (s_console)
        {
            AnsiConsole.WriteLine();
            AnsiConsole.Write(table);

            // Outside the table, which would break the lines, so that they can be copied.
            var secrets = Path.Combine(dataDirectory, "secrets");
            Console.WriteLine($"  psql, primary   {Psql(topology.Primary, DatabaseRoles.ReadWrite)}");
            Console.WriteLine($"  psql, replica   {Psql(topology.Replica, DatabaseRoles.ReadOnly)}");
            Console.WriteLine(
                $"  redis-cli       REDISCLI_AUTH=$(cat {Quote(Path.Combine(secrets, ResourceNames.Redis))}) redis-cli -p "
                + $"{topology.Redis.Port}");
            Console.WriteLine();
            if (api is null)
            {
                Console.WriteLine("  API             not started: dotnet run --project src/Api starts it on these servers");
            }

            Console.WriteLine(FormattableString.Invariant($"Ready in {elapsed.TotalSeconds:0.0} s. Ctrl-C stops everything."));

            string Psql(ServerAddress server, string role) =>
                $"PGPASSWORD=$(cat {Quote(Path.Combine(secrets, role))}) PGSSLMODE=verify-full "
                + $"PGSSLROOTCERT={Quote(topology.AuthorityFile)} "
                + $"psql -h {server.Host} -p {server.Port} -U {role} {ResourceNames.Shards[0]}";
        }
    }

    /// <summary>A path as one word of a shell, relative to the current directory if it is below it.</summary>
    private static string Quote(string path)
    {
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, path);
        var shown = relative.StartsWith("..", StringComparison.Ordinal) ? path : relative;
        return shown.All(c => char.IsAsciiLetterOrDigit(c) || "/._-+".Contains(c, StringComparison.Ordinal))
            ? shown
            : $"'{shown.Replace("'", @"'\''", StringComparison.Ordinal)}'";
    }
}
