using System.Diagnostics;
using System.Runtime.InteropServices;
using LocalHost;

// Exit codes: 0 stopped on request, 1 something failed, 2 wrong usage, 130 stopped before everything was up.
var started = Stopwatch.StartNew();
ShellEnvironment.Clean();
var usage = $"""
    Starts a PostgreSQL primary, its replica and Redis from the programs on this machine, migrates the
    databases and starts the API. Ctrl-C stops everything.

    Usage: dotnet run --project hosts/LocalHost -- [options]

    {HostOptions.Usage}
    All variables are passed on to the API, so Authentication__… and the like can be set here.
    """;
var options = HostOptions.Parse(args, SolutionPaths.Solution, out var error);
if (options is { Servers: not null } or { Rest.Count: > 0 })
{
    error = $"{options.Rest.FirstOrDefault("--servers")} is not an option.";
    options = null;
}

if (options is null)
{
    Console.Error.WriteLine($"{error}\n\n{usage}");
    return 2;
}

if (options.Help)
{
    Console.WriteLine(usage);
    return 0;
}

using var stop = new CancellationTokenSource();
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var hungUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
var state = HostState.FileIn(options.DataDirectory);
var isReady = false;
try
{
    await using var topology = await LocalTopology.StartAsync(
        new LocalTopologyOptions
        {
            DataDirectory = options.DataDirectory,
            Reset = options.Reset,
            PrimaryPort = options.Port(LocalPorts.Primary),
            ReplicaPort = options.Port(LocalPorts.Replica),
            RedisPort = options.Port(LocalPorts.Redis),
            ApiPort = options.ServersOnly ? null : options.Port(LocalPorts.Api),
            SynchronousReplica = options.SynchronousReplica,
            OnPrimary = Services.MigrateAsync,
            Log = Report.Log,
        },
        stop.Token);
    topology.WriteApiSettings();
    var api = topology.Api is { } listen ? await topology.StartApiAsync(listen, stop.Token) : null;

    new HostState(
        api?.GetLeftPart(UriPartial.Authority), topology.Primary, topology.Replica, topology.Redis,
        Math.Round(started.Elapsed.TotalSeconds, 1)).Write(options.DataDirectory);
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
