namespace LocalHost;

/// <summary>Where the server programs of this machine are.</summary>
internal static class ServerPrograms
{
    private const string HowToInstall =
        "Install both servers with \"apt-get install postgresql redis-server\" (Debian, Ubuntu) or \"brew install postgresql@18 redis\" (macOS).";

    private static readonly string[] s_postgres =
        ["initdb", "postgres", "pg_basebackup", "pg_isready", "psql"];

    private static IEnumerable<string> SearchPath =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);

    /// <summary>
    /// The directory of PostgreSQL's programs: POSTGRES_BIN if that is set, else the first on PATH, else the newest
    /// version where Debian's and Homebrew's packages put them.
    /// </summary>
    public static string FindPostgres()
    {
        var chosen = Environment.GetEnvironmentVariable("POSTGRES_BIN");
        var candidates = string.IsNullOrEmpty(chosen)
            ? [.. SearchPath, .. Versions("/usr/lib/postgresql"), .. Versions("/opt/homebrew/opt"), .. Versions("/usr/local/opt")]
            : new[] { chosen };

        return candidates.FirstOrDefault(directory => s_postgres.All(program => File.Exists(Path.Combine(directory, program))))
            ?? throw new LocalHostException(
                $"PostgreSQL's programs ({string.Join(", ", s_postgres)}) were not found{(chosen is null ? "" : $" in {chosen}")}. {HowToInstall}");
    }

    public static string FindRedis() =>
        SearchPath.Append("/opt/homebrew/bin").Select(directory => Path.Combine(directory, "redis-server")).FirstOrDefault(File.Exists)
            ?? throw new LocalHostException($"redis-server was not found. {HowToInstall}");

    /// <summary>Programs below /usr/lib/postgresql/15 or /opt/homebrew/opt/postgresql@15, the newest first.</summary>
    private static IEnumerable<string> Versions(string root) =>
        from directory in Directory.Exists(root) ? Directory.GetDirectories(root) : []
        let name = Path.GetFileName(directory)
        where int.TryParse(name.Replace("postgresql@", "", StringComparison.Ordinal), out _)
        orderby int.Parse(name.Replace("postgresql@", "", StringComparison.Ordinal), null) descending
        select Path.Combine(directory, "bin");
}
