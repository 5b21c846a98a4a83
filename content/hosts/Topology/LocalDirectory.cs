using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;


namespace Topology;

/// <summary>What the hosts keep on disk. One process at a time may have it open.</summary>
public sealed class LocalDirectory : IDisposable
{
    private const string Characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private const int SecretLength = 44;

    private readonly FileStream _lock;

    private LocalDirectory(string root, FileStream @lock)
    {
        Root = root;
        _lock = @lock;
        Servers = ServersDirectory(root);
    }

    public string Root { get; }

    /// <summary>Where the PostgreSQL servers keep their data, one directory each.</summary>
    public string Servers { get; }

    public string Certificates => Path.Combine(Root, "certificates");

    public string Redis => Path.Combine(Root, "redis");

    /// <summary>One file for each setting of the API, for an API that no host starts.</summary>
    public string ApiSettings => Path.Combine(Root, "api");

    public string Secrets => Path.Combine(Root, "secrets");

    /// <summary>Why the servers' data is elsewhere; null if it is below the root.</summary>
    public string? Notice => Servers == Root
        ? null
        : $"PostgreSQL runs as the user postgres, who cannot reach {Root}: its data is in {Servers}.";

    /// <summary>PGDATA of a server.</summary>
    public string DataOf(string server) => Path.Combine(Servers, server, "data");

    private string Running => Path.Combine(Root, "running");

    public static async Task<LocalDirectory> OpenAsync(string root, bool reset, CancellationToken ct)
    {
        root = Path.GetFullPath(root);
        CreateTraversable(root);
        var directory = new LocalDirectory(root, Lock(root));
        try
        {
            await directory.AwaitPreviousRunAsync(ct);
            if (reset)
            {
                directory.Clear();
            }

            // What the run before wrote of its addresses.
            File.Delete(HostState.FileIn(root));
            if (Directory.Exists(directory.ApiSettings))
            {
                Directory.Delete(directory.ApiSettings, recursive: true);
            }

            CreateTraversable(directory.Servers);
            PrivateFiles.CreateDirectory(directory.Running);
            PrivateFiles.CreateDirectory(directory.Redis);
            PrivateFiles.CreateDirectory(directory.Secrets);
            return directory;
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The secret of that name, made when it is first asked for: 44 letters and digits, so nothing quotes it, and as Base64
    /// it is a key of 33 bytes.
    /// </summary>
    public string Secret(string name)
    {
        var path = Path.Combine(Secrets, name);
        if (!File.Exists(path))
        {
            PrivateFiles.Write(path, RandomNumberGenerator.GetString(Characters, SecretLength));
        }

        return File.ReadAllText(path);
    }

    /// <summary>File in which run.sh says that a part runs.</summary>
    public string PidFile(string part) => Path.Combine(Running, part);

    public void Dispose() => _lock.Dispose();

    /// <summary>Writes settings of the API, for an API that no host starts; nothing else stays there.</summary>
    public void WriteApiSettings(IEnumerable<KeyValuePair<string, string>> settings)
    {
        PrivateFiles.CreateDirectory(ApiSettings);
        foreach (var (name, value) in settings)
        {
            PrivateFiles.Write(Path.Combine(ApiSettings, name), value);
        }
    }

    /// <summary>
    /// Directories that lead to the servers' data: root's server runs as the user postgres, who must get through them.
    /// </summary>
    private static void CreateTraversable(string path)
    {
        if (!OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(
                path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        }
    }

    /// <summary>Below <paramref name="root"/>, or where the user postgres gets to if root's directories keep it out.</summary>
    private static string ServersDirectory(string root)
    {
        if (OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess)
        {
            return root;
        }

        for (var directory = new DirectoryInfo(root); directory is not null; directory = directory.Parent)
        {
            if (!directory.UnixFileMode.HasFlag(UnixFileMode.OtherExecute))
            {
                var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(root)))[..12];
                return Path.Combine("/var/lib", typeof(LocalDirectory).Assembly.GetName().Name!, name);
            }
        }

        return root;
    }

    private static FileStream Lock(string root)
    {
        try
        {
            return new FileStream(Path.Combine(root, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (exception is not (DirectoryNotFoundException or FileNotFoundException))
        {
            throw new LocalHostException($"Another host is running on {root}. Stop it first.", exception);
        }
    }

    /// <summary>If the host was killed, its parts notice, but need a moment to end.</summary>
    private async Task AwaitPreviousRunAsync(CancellationToken ct)
    {
        if (!Directory.Exists(Running))
        {
            return;
        }

        foreach (var file in Directory.GetFiles(Running))
        {
            for (var wait = Stopwatch.StartNew(); IsSupervisor(file); await Task.Delay(50, ct))
            {
                if (wait.Elapsed > TimeSpan.FromSeconds(20))
                {
                    throw new LocalHostException(
                        $"{Path.GetFileName(file)} of the previous run does not end. Stop the process whose id is in {file}.");
                }
            }

            File.Delete(file);
        }
    }

    private static bool IsSupervisor(string pidFile)
    {
        try
        {
            using var process = Process.GetProcessById(int.Parse(File.ReadAllText(pidFile), null));
            return process.ProcessName == "bash" && !process.HasExited;
        }
        catch (Exception exception) when (
            exception is FileNotFoundException or ArgumentException or InvalidOperationException or FormatException)
        {
            return false; // It has ended, or was killed before it wrote its number.
        }
    }

    private void Clear()
    {
        foreach (var directory in Directory.GetDirectories(Root))
        {
            Directory.Delete(directory, recursive: true);
        }

        if (Directory.Exists(Servers) && Servers != Root)
        {
            Directory.Delete(Servers, recursive: true);
        }
    }
}
