using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Topology;

namespace LocalHost;

/// <summary>What LocalHost keeps on disk. One process at a time may have it open.</summary>
internal sealed class LocalDirectory : IDisposable
{
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

    public string Secrets => Path.Combine(Root, "secrets");

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

    /// <summary>The secret of that name, made when it is first asked for: letters and digits, so nothing quotes it.</summary>
    public string Secret(string name)
    {
        var path = Path.Combine(Secrets, name);
        if (!File.Exists(path))
        {
            PrivateFiles.Write(path, RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 32));
        }

        return File.ReadAllText(path);
    }

    /// <summary>File in which supervise.sh says that a part runs.</summary>
    public string PidFile(string part) => Path.Combine(Running, part);

    public void Dispose() => _lock.Dispose();

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
            throw new LocalHostException($"Another LocalHost is running on {root}. Stop it first.", exception);
        }
    }

    /// <summary>If LocalHost was killed, its parts notice, but need a moment to end.</summary>
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
        catch (Exception exception) when (exception is FileNotFoundException or ArgumentException or InvalidOperationException or FormatException)
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
