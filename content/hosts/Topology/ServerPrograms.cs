namespace Topology;

/// <summary>The server programs of this machine, and the scripts that run them.</summary>
/// <param name="Postgres">Directory of PostgreSQL's programs.</param>
/// <param name="Redis">Path of redis-server.</param>
public sealed record ServerPrograms(string Postgres, string Redis)
{
    private const string HowToInstall =
        "Install both servers with \"apt-get install postgresql redis-server\" (Debian, Ubuntu) or \"brew install "
        + "postgresql@18 redis\" (macOS).";

    private static readonly string[] s_postgres =
        ["initdb", "postgres", "pg_basebackup", "pg_isready", "psql"];

    private static IEnumerable<string> SearchPath =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);

    /// <exception cref="LocalHostException">Some are missing; the message says what to install.</exception>
    public static ServerPrograms Find() => OperatingSystem.IsWindows()
        ? throw new LocalHostException(
            "PostgreSQL and Redis run as programs on Linux and macOS. On Windows, use WSL, or a container engine with AppHost.")
        : new(FindPostgres(), FindRedis());

    /// <summary>Program and arguments that run a command below run.sh.</summary>
    /// <param name="signal">Asks the command to stop.</param>
    /// <param name="pidFile">File that exists while the command runs.</param>
    /// <param name="pipe">Whether the end of standard input stops it; otherwise SIGTERM does.</param>
    public static IEnumerable<string> Supervised(string signal, string pidFile, IEnumerable<string> command, bool pipe) =>
        ["bash", Script("run.sh"), .. pipe ? ["--pipe"] : Array.Empty<string>(), signal, pidFile, .. command];

    /// <summary>SIGINT is PostgreSQL's fast shutdown: it does not wait for clients to leave.</summary>
    public static IEnumerable<string> SupervisedPostgres(string script, string pidFile, bool pipe) =>
        Supervised("INT", pidFile, ["bash", Script(Path.Combine("postgres", script))], pipe);

    public IEnumerable<string> SupervisedRedis(string pidFile, bool pipe) =>
        Supervised("TERM", pidFile, ["bash", Script("redis.sh"), Redis], pipe);

    /// <summary>Environment of a script of PostgreSQL's, beside what the script itself says that it needs.</summary>
    public IEnumerable<KeyValuePair<string, string>> PostgresEnvironment =>
    [
        new("PATH", $"{Postgres}{Path.PathSeparator}{Environment.GetEnvironmentVariable("PATH")}"),
        new("LISTEN_ADDRESSES", "localhost"),
    ];

    private static string Script(string name) => Path.Combine(AppContext.BaseDirectory, name);

    /// <summary>
    /// The directory of PostgreSQL's programs: POSTGRES_BIN if that is set, else the first on PATH, else the newest
    /// version where Debian's and Homebrew's packages put them.
    /// </summary>
    private static string FindPostgres()
    {
        var chosen = Environment.GetEnvironmentVariable("POSTGRES_BIN");
        var candidates = string.IsNullOrEmpty(chosen)
            ? [.. SearchPath, .. Versions("/usr/lib/postgresql"), .. Versions("/opt/homebrew/opt"), .. Versions("/usr/local/opt")]
            : new[] { chosen };

        return candidates.FirstOrDefault(directory => s_postgres.All(program => File.Exists(Path.Combine(directory, program))))
            ?? throw new LocalHostException(
                $"PostgreSQL's programs ({string.Join(", ", s_postgres)}) were not "
                + $"found{(chosen is null ? "" : $" in {chosen}")}. {HowToInstall}");
    }

    private static string FindRedis() =>
        SearchPath.Append("/opt/homebrew/bin").Select(directory => Path.Combine(directory, "redis-server"))
            .FirstOrDefault(File.Exists)
            ?? throw new LocalHostException($"redis-server was not found. {HowToInstall}");

    /// <summary>Programs below /usr/lib/postgresql/15 or /opt/homebrew/opt/postgresql@15, the newest first.</summary>
    private static IEnumerable<string> Versions(string root) =>
        from directory in Directory.Exists(root) ? Directory.GetDirectories(root) : []
        let name = Path.GetFileName(directory)
        where int.TryParse(name.Replace("postgresql@", "", StringComparison.Ordinal), out _)
        orderby int.Parse(name.Replace("postgresql@", "", StringComparison.Ordinal), null) descending
        select Path.Combine(directory, "bin");
}
