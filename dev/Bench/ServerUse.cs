using System.Globalization;

namespace Colonnade.Dev.Bench;

/// <summary>What processes have used so far, read from /proc. Elsewhere than on Linux nothing is known.</summary>
/// <param name="Api">Seconds of processor time of the API.</param>
/// <param name="Postgres">Seconds of primary and replica with all their processes, also of those that have ended.</param>
/// <param name="Allocated">Bytes that the API has allocated.</param>
/// <param name="Compiled">Methods that the API has compiled, each as often as it was.</param>
/// <param name="Statements">Statements that the API has sent, where <c>BENCH_STATEMENTS</c> is set.</param>
internal sealed record ServerUse(double Api, double Postgres, long Allocated, long Compiled, long Statements)
{
    public static ServerUse operator -(ServerUse one, ServerUse other) =>
        new(
            one.Api - other.Api, one.Postgres - other.Postgres, one.Allocated - other.Allocated, one.Compiled - other.Compiled,
            one.Statements - other.Statements);
}

/// <summary>The processes to look at: an API, and the servers.</summary>
/// <param name="runtimeFile">Where the API's startup hook writes, without the process id.</param>
internal sealed class ServerProcesses(int api, IReadOnlyList<int> postmasters, string runtimeFile)
{
    /// <summary>Clock ticks per second in /proc, the same on every Linux that .NET runs on.</summary>
    private const double Ticks = 100;

    /// <param name="apiAssembly">What the API was started with.</param>
    public static ServerProcesses Find(string apiAssembly, string dataDirectory, string runtimeFile) => new(
        All().First(process => CommandLine(process).Contains(apiAssembly, StringComparison.Ordinal) && Exe(process) == "dotnet"),
        [.. Directory.EnumerateFiles(dataDirectory, "postmaster.pid", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true })
            .Select(file => int.Parse(File.ReadLines(file).First(), CultureInfo.InvariantCulture))],
        runtimeFile);

    /// <summary>The same servers with another API.</summary>
    public ServerProcesses With(int otherApi) => new(otherApi, postmasters, runtimeFile);

    public ServerUse Now()
    {
        long[] runtime = File.Exists($"{runtimeFile}.{api}")
            ? [.. File.ReadAllText($"{runtimeFile}.{api}").Split(' ').Select(number => long.Parse(number, CultureInfo.InvariantCulture))]
            : [0, 0, 0];
        var stats = All().Select(Stat).OfType<ProcessStat>().ToArray();
        return new ServerUse(
            stats.Where(stat => stat.Id == api).Sum(stat => stat.Own) / Ticks,
            stats.Where(stat => postmasters.Contains(stat.Parent)).Sum(stat => stat.Own) / Ticks
            + (stats.Where(stat => postmasters.Contains(stat.Id)).Sum(stat => stat.Own + stat.Ended) / Ticks),
            runtime[0],
            runtime[1],
            runtime[2]);
    }

    private static IEnumerable<int> All() => Directory.Exists("/proc")
        ? Directory.EnumerateDirectories("/proc").Select(path => int.TryParse(Path.GetFileName(path), out var id) ? id : 0).Where(id => id > 0)
        : [];

    private static string CommandLine(int process) => Read($"/proc/{process}/cmdline").Replace('\0', ' ');

    private static string Exe(int process) => Path.GetFileName(CommandLine(process).Split(' ')[0]);

    private static ProcessStat? Stat(int process)
    {
        var text = Read($"/proc/{process}/stat");
        if (text.Length == 0)
        {
            return null;
        }

        // The name may hold spaces and ends with the last parenthesis; the fields after it are counted from the third.
        var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        return new ProcessStat(process, int.Parse(fields[1], null), Sum(11), Sum(13));

        long Sum(int at) => long.Parse(fields[at], null) + long.Parse(fields[at + 1], null);
    }

    /// <summary>Empty when the process has ended meanwhile.</summary>
    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private sealed record ProcessStat(int Id, int Parent, long Own, long Ended);
}
