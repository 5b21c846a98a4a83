using System.Globalization;

/// <summary>
/// Runs in each process that is measured (DOTNET_STARTUP_HOOKS): writes how many bytes it has allocated so far to the file
/// that BENCH_ALLOCATED names, with the process id at its end, ten times a second.
/// </summary>
internal static class StartupHook
{
    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable("BENCH_ALLOCATED") is not { Length: > 0 } file)
        {
            return;
        }

        file = $"{file}.{Environment.ProcessId}";
        var thread = new Thread(() =>
        {
            while (true)
            {
                File.WriteAllText($"{file}.new", GC.GetTotalAllocatedBytes().ToString(CultureInfo.InvariantCulture));
                File.Move($"{file}.new", file, overwrite: true);
                Thread.Sleep(100);
            }
        })
        {
            IsBackground = true,
        };
        thread.Start();
    }
}
