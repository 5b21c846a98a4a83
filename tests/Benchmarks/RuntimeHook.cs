using System.Diagnostics.Metrics;
using System.Globalization;
using System.Runtime;

/// <summary>
/// Runs in each process that is measured (DOTNET_STARTUP_HOOKS): writes how many bytes it has allocated and how many methods
/// it has compiled, and how many statements it has sent to PostgreSQL, so far to the file that BENCH_RUNTIME names, with the
/// process id at its end, ten times a second (every 2 s where statements are counted).
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
        var statements = 0L;
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == "Npgsql" && instrument.Name == "db.client.operation.duration")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => Interlocked.Increment(ref statements));
        // An idle process does little else than what is done here.
        var isIdle = Environment.GetEnvironmentVariable("BENCH_STATEMENTS") is not null;
        if (isIdle)
        {
            listener.Start();
        }

        var thread = new Thread(() =>
        {
            while (true)
            {
                File.WriteAllText(
                    $"{file}.new",
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{GC.GetTotalAllocatedBytes()} {JitInfo.GetCompiledMethodCount()} {Interlocked.Read(ref statements)}"));
                File.Move($"{file}.new", file, overwrite: true);
                Thread.Sleep(isIdle ? 2_000 : 100);
            }
        })
        {
            IsBackground = true,
        };
        thread.Start();
    }
}
