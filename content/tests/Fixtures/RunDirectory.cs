namespace Fixtures;

/// <summary>
/// Directory for the files of this test run, below the temporary directory. It is deleted when the run ends. A run that was
/// killed leaves it behind, and the next run deletes it: the lock file tells whether its run is alive.
/// </summary>
internal static class RunDirectory
{
    private const string Prefix = "service-tests-";
    private const string LockName = "run.lock";

    private static readonly Lazy<(string Path, FileStream Lock)> Run = new(Create);
    private static int s_count;

    /// <summary>
    /// Creates an empty directory. Other users may enter it, as the user postgres must when root runs the tests.
    /// </summary>
    public static string New(string name) =>
        CreateTraversable(Path.Combine(Run.Value.Path, $"{name}-{Interlocked.Increment(ref s_count)}"));

    public static void Delete()
    {
        if (Run.IsValueCreated)
        {
            Run.Value.Lock.Dispose();
            Directory.Delete(Run.Value.Path, recursive: true);
        }
    }

    /// <summary>Deletes what killed runs left in <paramref name="parent"/>.</summary>
    internal static void Sweep(string parent)
    {
        foreach (var run in Directory.GetDirectories(parent, $"{Prefix}*"))
        {
            try
            {
                // Throws while the run is alive, and for a run that has not created its lock yet.
                using (new FileStream(Path.Combine(run, LockName), FileMode.Open, FileAccess.ReadWrite, FileShare.None))
                {
                }

                Directory.Delete(run, recursive: true);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // In use, or of another user.
            }
        }
    }

    private static (string Path, FileStream Lock) Create()
    {
        var parent = Path.GetTempPath();
        Sweep(parent);
        var path = CreateTraversable(Path.Combine(parent, $"{Prefix}{Path.GetRandomFileName()}"));
        return (path, new FileStream(Path.Combine(path, LockName), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None));
    }

    private static string CreateTraversable(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return Directory.CreateDirectory(path).FullName;
        }

        return Directory.CreateDirectory(
            path,
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute).FullName;
    }
}
