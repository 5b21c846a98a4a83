namespace Colonnade.Dev;

/// <summary>Something that this machine lacks and that cannot be installed here. The message says what to do.</summary>
public sealed class PrerequisiteMissingException(string message) : Exception(message);

/// <summary>The servers' programs, which LocalHost runs.</summary>
public static class Prerequisites
{
    private static readonly string[] s_postgres = ["initdb", "postgres", "pg_basebackup", "psql"];

    /// <summary>Debian packages of what is missing.</summary>
    public static IReadOnlyList<string> Missing() =>
    [
        .. HasPostgres() ? Array.Empty<string>() : ["postgresql"],
        .. Has("redis-server") ? Array.Empty<string>() : ["redis-server"],
    ];

    /// <summary>Installs what is missing, saying so first.</summary>
    /// <exception cref="PrerequisiteMissingException">Something is missing, and this program may not install it.</exception>
    public static async Task EnsureAsync(Steps steps, Action<string> say, CancellationToken cancellationToken)
    {
        var missing = Missing();
        if (missing.Count == 0)
        {
            return;
        }

        var packages = string.Join(' ', missing);
        string[] script = ["bash", Repository.File("dev", "install-servers.sh"), .. missing];
        if (!Has("apt-get") || !(Environment.IsPrivilegedProcess || await HasSudoAsync(cancellationToken)))
        {
            throw new PrerequisiteMissingException(
                $"Missing here: {packages}. Install both servers with \"sudo apt-get install postgresql redis-server\" (Debian, Ubuntu) "
                + "or \"brew install postgresql@18 redis\" (macOS), then run this again. On Windows, use WSL.");
        }

        say($"Missing here: {packages}. Installing with apt-get; no service is started and no cluster made.");
        string[] command = Environment.IsPrivilegedProcess ? script : ["sudo", "-n", .. script];
        await steps.RunAsync(
            $"apt-get install {packages}",
            line => Shell.RunAsync(command[0], command[1..], Repository.Root, cancellationToken, line));
        if (Missing() is { Count: > 0 } still)
        {
            throw new PrerequisiteMissingException($"Still not found after installing: {string.Join(' ', still)}.");
        }
    }

    /// <summary>POSTGRES_BIN, PATH, then where Debian's and Homebrew's packages put the programs, as LocalHost looks for them.</summary>
    private static bool HasPostgres()
    {
        var chosen = Environment.GetEnvironmentVariable("POSTGRES_BIN");
        IEnumerable<string> candidates = string.IsNullOrEmpty(chosen)
            ? [.. SearchPath, .. Installed("/usr/lib/postgresql"), .. Installed("/opt/homebrew/opt"), .. Installed("/usr/local/opt")]
            : [chosen];
        return candidates.Any(directory => s_postgres.All(program => File.Exists(Path.Combine(directory, program))));
    }

    private static IEnumerable<string> Installed(string root) =>
        Directory.Exists(root) ? Directory.GetDirectories(root).Select(directory => Path.Combine(directory, "bin")) : [];

    private static bool Has(string program) =>
        SearchPath.Append("/opt/homebrew/bin").Any(directory => File.Exists(Path.Combine(directory, program)));

    private static async Task<bool> HasSudoAsync(CancellationToken cancellationToken) =>
        Has("sudo") && (await Shell.TryAsync("sudo", ["-n", "true"], Repository.Root, cancellationToken)).ExitCode == 0;

    private static string[] SearchPath =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
}
