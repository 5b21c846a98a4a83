using System.Globalization;
using System.Runtime;

/// <summary>
/// Runs in each process that is measured (DOTNET_STARTUP_HOOKS): writes how many bytes it has allocated and how many methods
/// it has compiled so far to the file that BENCH_RUNTIME names, with the process id at its end, ten times a second.
/// </summary>
internal static class StartupHook
{
    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable("BENCH_RUNTIME") is not { Length: > 0 } file)
        {
            return;
        }

        file = $"{file}.{Environment.ProcessId}";
        var thread = new Thread(() =>
        {
            while (true)
            {
                File.WriteAllText(
                    $"{file}.new",
                    string.Create(CultureInfo.InvariantCulture, $"{GC.GetTotalAllocatedBytes()} {JitInfo.GetCompiledMethodCount()}"));
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
