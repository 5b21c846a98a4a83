using System.Diagnostics;
using System.Runtime.InteropServices;
using LocalHost;
using Topology;

// Exit codes: 0 stopped on request, 1 something failed, 2 wrong usage, 130 stopped before everything was up.
var started = Stopwatch.StartNew();
if (CommandLine.Parse(args, out var error) is not { } options)
{
    Console.Error.WriteLine($"{error}\n\n{CommandLine.Usage}");
    return 2;
}

if (options.Help)
{
    Console.WriteLine(CommandLine.Usage);
    return 0;
}

if (OperatingSystem.IsWindows())
{
    Console.Error.WriteLine("LocalHost runs PostgreSQL and Redis as on Linux and macOS. On Windows, use it inside WSL.");
    return 1;
}

using var stop = new CancellationTokenSource();
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var hungUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
var state = Path.Combine(options.DataDirectory, "state.json");
var isReady = false;
try
{
    await using var topology = await LocalTopology.StartAsync(
        new LocalTopologyOptions
        {
            DataDirectory = options.DataDirectory,
            Reset = options.Reset,
            PrimaryPort = options.EphemeralPorts ? 0 : LocalPorts.Primary,
            ReplicaPort = options.EphemeralPorts ? 0 : LocalPorts.Replica,
            RedisPort = options.EphemeralPorts ? 0 : LocalPorts.Redis,
            OnPrimary = Services.MigrateAsync,
            Log = Report.Log,
        },
        stop.Token);
    File.Delete(state);
    var api = await topology.StartApiAsync(options.EphemeralPorts ? 0 : LocalPorts.Api, stop.Token);

    Report.WriteState(state, topology, api, started.Elapsed);
    Report.Ready(topology, api, options.DataDirectory, started.Elapsed);
    isReady = true;
    try
    {
        var ended = await topology.AnyEndedAsync(stop.Token);
        throw new LocalHostException(ended.DescribeEnd());
    }
    finally
    {
        File.Delete(state);
    }
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    Console.WriteLine("Stopped.");
    return isReady ? 0 : 130;
}
catch (Exception exception) when (exception is LocalHostException or UnauthorizedAccessException)
{
    Console.Error.WriteLine(exception.Message);
    return 1;
}

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}
